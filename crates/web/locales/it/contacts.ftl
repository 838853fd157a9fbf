# Contatti
contacts-new = Nuovo contatto
contacts-edit = Modifica contatto
contacts-search = Nome, recapito, azienda…
contacts-kind = Tipo
contacts-customer = Cliente
contacts-prospect = Potenziale
contacts-customers = Clienti
contacts-prospects = Potenziali
contacts-name = Nome
contacts-email = E-mail
contacts-phone = Telefono
contacts-organization = Organizzazione
contacts-language = Lingua
contacts-language-unknown = Non si sa
contacts-note = Nota
contacts-note-hint = la vedono solo i colleghi
contacts-cases = Casi
contacts-cases-active = Casi ancora aperti
contacts-last-heard = Ultimo messaggio
contacts-since = Aggiunto
contacts-addresses = Recapiti
contacts-data = Dati
contacts-fields = Altri dati
contacts-field-name = Nome del dato
contacts-field-value = Valore
contacts-fields-hint = Svuota entrambe le caselle per togliere un dato.
contacts-field-name-missing = Ogni dato deve avere un nome e non essere troppo lungo.
contacts-field-twice = Due dati hanno lo stesso nome.
contacts-field-other-name = Altro nome
contacts-field-other-organization = Altra organizzazione
contacts-field-other-language = Altra lingua
contacts-none = Ancora nessun contatto
contacts-none-lead = Chi ti scrive compare qui da solo. I clienti che hai già si importano da un foglio CSV o Excel.
contacts-not-found = Nessun contatto con queste parole
contacts-not-found-lead = Prova con l’inizio di un nome, di un indirizzo o di un numero.
contacts-show-all = Mostra tutti
contacts-no-cases = Non ha ancora scritto.
contacts-no-addresses = Nessun recapito: aggiungine uno per riconoscere questa persona quando scrive.
contacts-name-wrong = Scrivi un nome di al massimo 200 caratteri.
contacts-too-long = È troppo lungo.
contacts-is-customer = È un cliente
contacts-is-customer-hint = Altrimenti è un potenziale cliente.
contacts-created = Contatto creato.
contacts-address-kind = Tipo di recapito
contacts-address-new = Nuovo recapito
contacts-address-empty = Scrivi il recapito.
contacts-address-email = Non è un indirizzo e-mail.
contacts-address-phone = Non è un numero di telefono del tuo paese o in forma internazionale (+39…).
contacts-address-long = È più lungo di 320 caratteri.
contacts-address-taken = Questo recapito appartiene già a un altro contatto.
contacts-address-added = Recapito aggiunto.
contacts-address-removed = Recapito tolto.
contacts-address-shared = Ora scrivono in due da questo recapito.
contacts-address-moved = Recapito spostato qui.
contacts-address-remove = Togli { $name }
contacts-copy = Copia { $name }
contacts-owner-is = Appartiene a
contacts-share = Lo usano entrambi
contacts-take = Spostalo qui
contacts-shared = Condiviso
contacts-shared-hint = Da questo recapito scrivono più persone
error-identity-used = Da questo recapito sono arrivati messaggi: puoi spostarlo a un altro contatto, non toglierlo.
contacts-identity-email = E-mail
contacts-identity-phone = Telefono
contacts-identity-handle = Profilo social
contacts-identity-customer_number = Codice cliente
language-ro = Rumeno

# Unire
contacts-merge = Unisci
contacts-merge-title = Unisci { $name } con…
contacts-merge-lead = Scegli l’altro contatto che è la stessa persona. Prima di unire vedrai il risultato.
contacts-merge-none = Cerca con un altro nome o recapito.
contacts-merge-check = Sono la stessa persona?
contacts-merge-kept = Resta
contacts-merge-other = Confluisce
contacts-merge-result = Risultato
contacts-merge-swap = Scambia
contacts-merge-all = Tutti
contacts-merge-extra = resta come altro dato
contacts-merge-extra-hint = Dove i due dicono cose diverse vale il primo; l’altro valore resta tra gli altri dati.
contacts-merge-do = Unisci i contatti
contacts-merge-safe = Si può sempre annullare.
contacts-merged = Contatti uniti.
contacts-unmerged = Contatti separati di nuovo.
contacts-merge-later = Prima va annullata l’unione successiva con { $name }.
contacts-merge-undone = Questa unione è già stata annullata.
contacts-merges = Contatti uniti a questo
contacts-merge-not-first = Prima annulla la più recente
contacts-split = Separa
error-merge-itself = Un contatto non si unisce con sé stesso.
contacts-alike = Forse è la stessa persona di
contacts-alike-dismiss = Non suggerire più
contacts-compare = Confronta
contacts-alike-same-name = stesso nome
contacts-alike-similar-name = nome simile
contacts-alike-same-address = stesso recapito { $name }
contacts-alike-similar-address = recapito simile { $name }
contacts-alike-same-organization = stessa organizzazione
contacts-alike-same-field = stesso dato «{ $name }»
contacts-alike-similar-field = dato simile «{ $name }»

# Organizzazioni
organization-new = Nuova organizzazione
organization-edit = Modifica organizzazione
organization-search = Inizio del nome…
organization-domain = Sito
organization-none = Ancora nessuna organizzazione
organization-none-lead = Nascono con i contatti che ne fanno parte, o da un foglio CSV o Excel.
organization-not-found = Nessuna organizzazione comincia così
organization-not-found-lead = Prova con meno lettere.
organization-show-all = Mostra tutte
organization-no-contacts = Ancora nessun contatto ne fa parte.
organization-name-wrong = Scrivi un nome di al massimo 200 caratteri.
organization-taken = C’è già un’organizzazione con questo nome.
organization-created = Organizzazione creata.

# Importazioni
import-start = Importa
import-title = Importa un’anagrafica
import-none = Ancora nessuna importazione
import-none-lead = Porta qui i tuoi clienti da un foglio CSV, Excel o LibreOffice: riconosciamo le colonne e vedi un’anteprima prima di cominciare.
import-step-file = File
import-step-columns = Colonne
import-step-preview = Anteprima
import-kind-contacts = Contatti
import-kind-contacts-lead = Persone con e-mail, telefono o codice cliente
import-kind-organizations = Organizzazioni
import-kind-organizations-lead = Aziende con il loro sito e i loro dati
import-kind-messages = Messaggi
import-kind-mbox = Archivio di posta
import-drop = Trascina qui un file CSV, Excel o LibreOffice
import-drop-hint = oppure sceglilo · fino a 256 MB
import-sending = Invio…
import-next = Continua
import-file-missing = Scegli un file.
import-file-empty = Nel file non c’è nessuna riga.
import-file-columns = Il file ha più di 200 colonne: forse il separatore è sbagliato.
import-file-unreadable = Il file non si riesce a leggere: salvalo di nuovo come CSV o XLSX.
import-columns = Colonne
import-header = La prima riga contiene i nomi delle colonne
import-header-hint = Se la cambi, le colonne vengono riconosciute di nuovo.
import-column = Colonna
import-samples = Esempi
import-becomes = Diventa
import-becomes-of = Che cosa diventa { $name }
import-field-name = Nome del dato
import-field-name-of = Nome del dato da { $name }
import-column-empty = vuota
import-left-out = Non importare
import-target-name = Nome
import-target-given_name = Nome di battesimo
import-target-family_name = Cognome
import-target-email = E-mail
import-target-phone = Telefono
import-target-handle = Profilo social
import-target-customer_number = Codice cliente
import-target-organization = Organizzazione
import-target-language = Lingua
import-target-note = Nota
import-target-domain = Sito
import-target-field = Un altro dato
import-key = Riconosci chi c’è già da
import-key-hint = Chi ha già questo recapito viene aggiornato, gli altri vengono creati.
import-key-missing = Nessuna colonna diventa questo recapito.
import-name-missing = Nessuna colonna diventa il nome.
import-field-unnamed = Dai un nome a ogni altro dato.
import-column-twice = Due colonne diventano la stessa cosa.
import-customers = Sono clienti
import-customers-hint = Altrimenti restano potenziali clienti.
import-to-preview = Mostra l’anteprima
import-discard = Butta via
import-rows = { $count ->
    [one] { $count } riga
   *[other] { $count } righe
}
import-sheet = foglio «{ $name }»
import-delimiter = separatore { $name }
import-tab = tabulazione
import-preview-lead = { $count ->
    [one] Ecco che cosa succederebbe con la prima riga.
   *[other] Ecco che cosa succederebbe con le prime { $count } righe.
}
import-would-create = { $count ->
    [one] { $count } nuovo
   *[other] { $count } nuovi
}
import-would-update = { $count ->
    [one] { $count } aggiornato
   *[other] { $count } aggiornati
}
import-would-skip = { $count ->
    [one] { $count } già così
   *[other] { $count } già così
}
import-would-fail = { $count ->
    [one] { $count } con problemi
   *[other] { $count } con problemi
}
import-fate = Esito
import-fate-created = Nuovo
import-fate-updated = Aggiornato
import-fate-unchanged = Già così
import-fate-failed = Problema
import-do = { $count ->
    [one] Importa { $count } riga
   *[other] Importa { $count } righe
}
import-change-columns = Cambia le colonne
import-begun = Importazione cominciata.
import-started = Questa importazione è già cominciata.
import-cancel = Interrompi
import-cancelled = Importazione interrotta.
import-see = Vedi il risultato
import-stopped = L’importazione si è fermata
import-leave = Puoi lasciare questa pagina: l’importazione va avanti da sola, anche dopo un riavvio.
import-created = Nuovi
import-updated = Aggiornati
import-skipped = Già così
import-failed = Non letti
import-all-good = Tutte le righe sono state lette senza problemi.
import-problems = Problemi
import-errors-download = Scarica tutti
import-errors-file = problemi-importazione
import-more-errors = Sono i primi: nel file ci sono tutti.
import-file = File
import-what = Che cosa
import-state = Stato
import-when = Quando
import-row = Riga
import-problem = Problema
import-value = Valore
import-state-draft = Da completare
import-state-queued = In attesa
import-state-running = In corso
import-state-done = Finita
import-state-cancelled = Interrotta
import-state-failed = Fallita
import-problem-email = Non è un indirizzo e-mail
import-problem-phone = Non è un numero di telefono
import-problem-address = Non è un recapito valido
import-problem-key = Manca il recapito da cui riconoscere la persona: riga non importata
import-problem-long = È troppo lungo
import-problem-language = Non è una lingua conosciuta
import-problem-name = Manca il nome: riga non importata
import-problem-domain = Non è l’indirizzo di un sito
import-problem-mail-long = Messaggio troppo grande
page-before = Indietro
page-after = Avanti
