# Collegare i canali, che cosa è arrivato, e dove va

# The names of the channels
channel-email = E-mail
channel-email-lead = Una vostra casella: IMAP per ricevere, SMTP per rispondere.
channel-email-new = Nuova casella
channel-mastodon = Mastodon
channel-mastodon-lead = Menzioni e messaggi privati, su qualunque server del fediverso che parla la lingua di Mastodon.
channel-mastodon-new = Nuovo profilo Mastodon
channel-api = Ingresso aperto
channel-api-lead = Moduli, negozi, app e ogni altro sistema: con l'API o un web hook.
channel-api-new = Nuovo ingresso aperto

# List
channels-lead = Dove vi scrivono i clienti. Ogni account riceve da solo e risponde dal proprio indirizzo.
channels-none = Ancora nessun canale
channels-none-lead = Cominciate dalla casella che riceve più richieste: servono indirizzo e password. Bastano due minuti, e nella casella non cambia nulla.
channels-none-email = Collega una casella
channels-none-other = Altri canali
channel-add = Collega un canale
channel-choose-lead = Che cosa volete collegare?
channel-since = da
channel-today = Oggi:
channel-last-day = Ultime 24 ore:
channel-today-nothing = niente ricevuto
channel-paused = In pausa
channel-trouble = Problema
channel-connecting = In collegamento…
channel-connected = Collegato
channel-listening = Pronto
channel-pause = Metti in pausa
channel-pause-name = Metti in pausa { $name }
channel-resume = Riprendi
channel-resume-name = Riprendi { $name }
channel-now-paused = { $name } è in pausa: non riceve e non invia.
channel-resumed = { $name } riceve di nuovo.

# Account
channel-name = Nome
channel-team = Squadra
channel-no-team = Nessuna squadra
channel-team-hint = Riceve i casi nuovi che nessuna regola manda altrove.
channel-create = Collega
channel-created = { $name } è collegato e comincia a ricevere.
channel-try = Prova il collegamento
channel-trying = Provo…
channel-secret-kept = Invariata
channel-trouble-title = Il collegamento non funziona
channel-trouble-lead = Non si perde nulla: quello che arriva intanto viene preso appena torna a funzionare. Controllate le impostazioni e provate il collegamento.
channel-trial-worked = Il collegamento funziona
channel-trial-worked-advice = Tutte e due le direzioni hanno risposto. Potete salvare.
channel-trial-incomplete = Prima completate i campi
channel-trial-settings = Il server non accetta queste impostazioni
channel-trial-connection = Il server non si raggiunge
channel-trial-silence = Nessuna risposta entro 30 secondi
channel-email-advice-settings = Di solito nome utente o password: molti fornitori vogliono l'indirizzo intero come nome utente, e una password per app se è attivo l'accesso in due passaggi.
channel-email-advice-connection = Controllate nome del server, porta e sicurezza. Forse c'è di mezzo un firewall.
channel-email-advice-silence = Spesso porta e sicurezza non vanno insieme: 993 e 465 vogliono TLS, 143 e 587 STARTTLS.
channel-mastodon-advice-settings = Il token non vale più, o è di un altro profilo: ricollegate il profilo.
channel-mastodon-advice-connection = Il server può essere fermo o molto carico: riprovate tra qualche minuto.
channel-mastodon-advice-silence = Il server può essere fermo o molto carico: riprovate tra qualche minuto.
channel-api-advice-settings = Correggete i campi.
channel-api-advice-connection = Riprovate tra qualche minuto.
channel-api-advice-silence = Riprovate tra qualche minuto.

# E-mail
channel-email-address = Indirizzo
channel-email-from_name = Nome del mittente
channel-email-from_name-hint = Quello che i clienti vedono accanto all'indirizzo.
channel-email-group-in = Ricezione
channel-email-group-out = Invio
channel-email-group-out-lead = Lasciate vuoti utente e password se sono gli stessi della ricezione.
channel-email-group-more = Cartelle, copie e certificati
channel-email-imap_host = Server IMAP
channel-email-imap_port = Porta
channel-email-imap_security = Sicurezza
channel-email-imap_user = Nome utente
channel-email-imap_password = Password
channel-email-smtp_host = Server SMTP
channel-email-smtp_port = Porta
channel-email-smtp_security = Sicurezza
channel-email-smtp_user = Nome utente
channel-email-smtp_password = Password
channel-email-tls = TLS
channel-email-starttls = STARTTLS
channel-email-none = Nessuna (solo questa macchina)
channel-email-folders = Cartelle
channel-email-folders-hint = Separate da virgole; vuoto: la posta in arrivo.
channel-email-import_existing = Prendi anche i messaggi che ci sono già
channel-email-import_existing-hint = Altrimenti solo quello che arriva da adesso.
channel-email-sent_folder = Cartella per le copie delle risposte
channel-email-sent_folder-hint = Solo per server che non le tengono da soli; Gmail e Microsoft le tengono.
channel-email-signed_reply_address = Chiedi le risposte a un indirizzo firmato
channel-email-signed_reply_address-hint = Le risposte trovano il loro caso anche se il programma di posta perde il filo. Il fornitore deve conoscere gli indirizzi con il più.
channel-email-ca = Certificato proprio (PEM)
channel-email-ca-hint = Per server aziendali che nessuna autorità pubblica garantisce.
provider-title = Presso chi è la casella?
provider-other = Un altro
provider-gmail-note = Gmail qui vuole una password per app: attivate la verifica in due passaggi nell'account Google, poi createne una in Sicurezza, Password per le app.
provider-outlook-note = Microsoft qui non accetta più password, ma solo il proprio accesso (OAuth), che Voce ancora non parla. Inoltrate la casella a un indirizzo di un altro fornitore, o usate una password per app dove l'amministratore la permette ancora.
provider-libero-note = Libero può chiedere di permettere altri programmi di posta: in Libero Mail, Impostazioni. Se è attivo l'accesso in due passaggi, create lì una password per app.

# Mastodon
channel-mastodon-base_url = Server
channel-mastodon-access_token = Token di accesso
channel-mastodon-max_characters = Lunghezza massima
channel-mastodon-max_characters-hint = In caratteri; letta dal server al collegamento.
channel-mastodon-language = Lingua delle risposte
channel-mastodon-language-hint = Codice come it o en; vuoto: quella del profilo.
channel-mastodon-group-more = Con un token di accesso
channel-mastodon-group-more-lead = Solo se ne avete creato uno a mano in Sviluppo, nelle preferenze del server.
channel-mastodon-connect-title = Accedete al vostro server
channel-mastodon-connect-lead = L'accesso avviene là, non qui: Voce non vede mai la password, e potete togliere il permesso quando volete.
channel-mastodon-instance = Indirizzo del server, o il profilo intero
channel-mastodon-connect = Collega Mastodon
channel-mastodon-asking = Chiedo al server…
channel-mastodon-connection = Collegamento
channel-mastodon-is-connected = Collegato come { $name }.
channel-mastodon-not-connected = Non collegato: non riceve e non invia.
channel-mastodon-reconnect = Ricollega
channel-mastodon-disconnect = Scollega
channel-mastodon-disconnect-lead = Voce restituisce il permesso per { $name } e smette di ricevere. Casi e messaggi restano.
channel-mastodon-disconnected = { $name } è scollegato, il permesso restituito.
channel-mastodon-forgotten = { $name } è scollegato, ma il server non ha confermato: togliete Voce là, in Account, App autorizzate.
channel-mastodon-leave = Si va a { $name }
channel-mastodon-leave-lead = Accedete e permettete a Voce di leggere e scrivere per il profilo. Tornerete qui da soli.
channel-mastodon-go = Apri { $name }
channel-mastodon-connected = Mastodon è collegato.
channel-mastodon-denied = Il server non ha dato il permesso: non è cambiato nulla.
channel-mastodon-state = Questa risposta non appartiene a un accesso iniziato qui: non è cambiato nulla. Ricominciate.
channel-mastodon-expired = L'accesso è durato troppo. Ricominciate.
channel-mastodon-other = È un profilo diverso da quello di questo account: non è cambiato nulla.
channel-mastodon-refused = Il server non lo accetta.
channel-mastodon-unreachable = Il server non risponde: controllate l'indirizzo, o riprovate tra qualche minuto.
channel-mastodon-not-one = A questo indirizzo non c'è un server Mastodon.
channel-mastodon-no-address = Scrivete l'indirizzo di un server, come mastodon.uno.

# Open intake
channel-api-country = Paese dei numeri di telefono
channel-api-country-hint = Due lettere; per i numeri senza prefisso.
channel-api-time_zone = Fuso orario
channel-api-time_zone-hint = Per le date che non ne indicano uno.
channel-api-group-hook = Web hook in arrivo
channel-api-group-hook-lead = Come l'altro sistema prova di essere il mittente.
channel-api-signature = Firma
channel-api-standard = Standard Webhooks
channel-api-github = GitHub (X-Hub-Signature-256)
channel-api-stripe = Stripe (Stripe-Signature)
channel-api-token = Segreto in un'intestazione
channel-api-none = Nessuna: chi conosce l'indirizzo può scrivere
channel-api-token_header = Intestazione con il segreto
channel-api-hook_secret = Segreto
channel-api-hook_secret-hint = Lo crea Voce; scrivetelo solo se ve lo dà l'altro sistema.
channel-api-group-answers = Risposte
channel-api-group-answers-lead = Senza un indirizzo su questo canale non si può rispondere.
channel-api-reply_url = Indirizzo che riceve le risposte
channel-api-reply_secret = Segreto che le firma
channel-secret-new = Il segreto per i web hook
channel-secret-new-lead = Copiatelo ora nell'altro sistema: non verrà mostrato di nuovo.
channel-secret-renew = Nuovo segreto
channel-secret-renew-lead = Il vecchio segreto smette subito di valere: finché l'altro sistema non conosce il nuovo, i suoi web hook vengono rifiutati.
channel-secret-renewed = C'è un nuovo segreto.
intake-api-title = Con l'API
intake-api-lead = Qualunque programma con un token può consegnare messaggi, uno o mille alla volta.
intake-api-tokens = Crea un token
intake-hook-title = Con un web hook
intake-hook-lead = Date questo indirizzo all'altro sistema.
intake-hook-signature = Firma
intake-hook-has-secret = il segreto è impostato
intake-hook-no-secret = non c'è ancora un segreto: tutto viene rifiutato

# Errors of settings
channel-error-required = Questo serve.
channel-error-address = Non è un indirizzo e-mail.
channel-error-characters = Ci sono caratteri che qui non vanno.
channel-error-host = Non è il nome di un server, come imap.example.com.
channel-error-port = Un numero tra 1 e 65535.
channel-error-choice = Scegliete una voce dell'elenco.
channel-error-plain = Senza cifratura solo verso questa macchina: altrimenti chiunque per strada leggerebbe la password.
channel-error-folders = Al massimo otto cartelle.
channel-error-certificate = In questo testo non c'è un certificato.
channel-error-https = L'indirizzo deve cominciare con https://.
channel-error-url = Non è un indirizzo web.
channel-error-number = Non è un numero adatto.
channel-error-country = Due lettere maiuscole, come IT.
channel-error-time-zone = Fuso orario sconosciuto; per esempio Europe/Rome.
channel-error-header = Non è il nome di un'intestazione.
channel-error-pointer = Un puntatore comincia con una barra, come /messages.
channel-error-mapping = La mappa dei campi non va: apritela e correggetela.

# Field mapping
mapping-title = Mappa dei campi
mapping-none = Nessuna: il contenuto ha la forma di Voce.
mapping-edit = Imposta i campi
mapping-sample = Esempio
mapping-sample-lead = Incollate quello che invia l'altro sistema: JSON, o i campi di un modulo.
mapping-try = Mostra il risultato
mapping-guess = Indovina i campi
mapping-received = Ricevuto
mapping-fields-title = Da dove viene ogni campo
mapping-fields-lead = Un puntatore come /data/body, un testo fisso come =web, o più insieme: {"{"}/nome{"}"} {"{"}/cognome{"}"}.
mapping-more = Campi meno comuni
mapping-metas = Altri dati
mapping-metas-lead = Restano con il messaggio e si vedono a richiesta, come il numero d'ordine.
mapping-meta-name = Nome
mapping-meta-source = Da dove viene
mapping-meta-wrong = Ognuno vuole un nome, e una fonte con le graffe chiuse.
mapping-brace = Una graffa non è chiusa.
mapping-list = Elenco dei messaggi
mapping-list-lead = Se una chiamata ne porta più d'uno. I campi qui sopra partono allora da ciascuno.
mapping-only = Solo quando
mapping-only-lead = Una condizione per riga; quello che non corrisponde viene messo da parte come filtrato.
mapping-only-wrong = Ogni riga è un puntatore, un uguale e un valore.
mapping-save = Salva la mappa
mapping-saved = La mappa è salvata e vale dal prossimo messaggio.
mapping-result = Che cosa diventa
mapping-no-sample = Incollate un esempio per vedere il messaggio che diventa.
mapping-unreadable = L'esempio non si legge
mapping-wrong = Così non verrebbe accettato
mapping-values = Valori dell'esempio
mapping-id = Numero del messaggio
mapping-conversation = Conversazione
mapping-reply_to = Messaggio a cui risponde
mapping-kind = Genere
mapping-visibility = Visibilità
mapping-direction = Direzione (in, out)
mapping-inbound = In arrivo (sì, no)
mapping-automatic = Scritto da una macchina
mapping-author-email = E-mail del cliente
mapping-author-phone = Telefono del cliente
mapping-author-handle = Nome utente del cliente
mapping-author-customer_number = Numero cliente
mapping-author-name = Nome del cliente
mapping-author-avatar_url = Immagine del cliente
mapping-subject = Oggetto
mapping-text = Testo
mapping-html = HTML
mapping-sent_at = Inviato il
mapping-url = Indirizzo sul web
mapping-attachments = File

# What an item says
said-message = Un messaggio
said-delivery = La sorte di una risposta
said-reaction = Una reazione
said-ignored = Niente per la scrivania
said-nothing = Non dice nulla.
said-from = Da
said-also = Anche
said-subject = Oggetto
said-sent = Inviato
said-kind = Genere
said-visibility = Visibilità
said-direction = Direzione
said-from-us = Scritto da noi altrove
said-automatic = Macchina
said-id = Numero
said-thread = Filo
said-replies-to = Risponde a
said-url = Indirizzo
said-files = File
said-meta = Dati
said-detail = Dettaglio
said-about = Riguarda
said-reason = Perché
said-boost = Condivisione
said-favourite = Preferito
said-follow = Nuovo seguace

# Dead letters
outcome-accepted = Accettati
outcome-duplicate = Doppioni
outcome-filtered = Filtrati
outcome-invalid = Non capiti
outcome-waiting = In attesa
intake-dead = Non capiti
intake-dead-lead = Quello che è arrivato e non è diventato un messaggio. Non si butta nulla: correggete la causa, poi riprovate.
intake-backlog = In attesa
intake-oldest = da
intake-last-day = Ultime 24 ore
intake-by-account = Ultime 24 ore per account
intake-account = Account
intake-account-gone = Account che non c'è più
intake-every-account = Tutti gli account
intake-age = Età
intake-every-age = Di qualunque età
intake-age-hour = Ultima ora
intake-age-day = Ultimo giorno
intake-age-week = Ultima settimana
intake-age-month = Ultimi 30 giorni
intake-search = Parole dell'errore
intake-error = Che cosa non va
intake-no-detail = Senza motivo
intake-received = Ricevuto
intake-size = Dimensione
intake-attempts = Tentativi
intake-choose = Scegli { $name }
intake-choose-all = Scegli tutti
intake-chosen = scelti
intake-replay = Riprova
intake-replay-all = Riprova tutti
intake-replay-account = Riprova tutti di questo account
intake-none = Tutto è stato capito
intake-none-lead = Se un giorno un messaggio non si legge, aspetta qui con il motivo.
intake-none-found = Niente con questo filtro
intake-show-all = Mostra tutti
intake-pages = Pagine
intake-newest = Più recenti
intake-older = Più vecchi
intake-item = Elemento { $name }
intake-item-title = L'elemento
intake-format = Formato
intake-done = Ultimo tentativo
intake-now = Che cosa dice adesso
intake-still-wrong = Ancora non si capisce:
intake-raw = Com'è arrivato
intake-cut = Altri { $name } non sono mostrati: scaricatelo per vedere tutto.
intake-download = Scarica
intake-waits = È in lavorazione. L'esito compare qui da solo.
intake-is-accepted = Accettato: è sulla scrivania.
intake-replaying-one = Si riprova.

# Rules
rules-lead = Un caso nuovo passa per le regole dall'alto in basso. Decide la prima che corrisponde.
rules-rest = Quello che non corrisponde a nessuna regola va alla squadra del suo canale.
rules-none = Ancora nessuna regola
rules-none-lead = Mandate da soli reclami, resi e urgenze alle persone giuste. Prima di salvare una regola vedete che cosa avrebbe preso.
rule-new = Nuova regola
rule-name = Nome
rule-active = In vigore
rule-active-hint = Spenta resta qui e non fa nulla.
rule-when = Quando
rule-when-hint = Deve valere tutto quello che scegliete. Non scegliete nulla per ogni caso nuovo.
rule-then = Allora
rule-any = Qualunque
rule-words = Una di queste parole
rule-words-example = rimborso, soldi indietro
rule-words-hint = Nell'oggetto o nel testo, separate da virgole o righe. Le maiuscole non contano.
rule-words-many = Al massimo 200 parole.
rule-types = Tipo di richiesta
rule-languages = Lingua
rule-accounts = Canale
rule-urgency = Urgenza
rule-urgency-low = Qualunque
rule-urgency-normal = Normale o più
rule-urgency-high = Alta o più
rule-urgency-critical = Critica
rule-sentiment = Sentimento
rule-sentiment-negative = Negativo
rule-sentiment-very-negative = Molto negativo
rule-customer = Chi scrive
rule-customer-yes = Clienti
rule-customer-no = Non ancora clienti
rule-if-account = canale
rule-if-language = lingua
rule-if-type = tipo
rule-if-urgency = urgenza
rule-if-sentiment = sentimento
rule-if-words = parole
rule-if-customer = da
rule-always = Sempre
rule-then-team = Squadra
rule-then-owner = Assegnatario
rule-then-priority = Priorità
rule-then-tags = Etichette
rule-keep-team = Quella del canale
rule-keep-priority = Normale
rule-nobody = Nessuno
rule-gone = (non c'è più)
rule-owner-unknown = Questa persona non è attiva.
rule-does-nothing = Scegliete almeno una cosa che succede: squadra, assegnatario, priorità o etichette.
rule-try = Mostra che cosa avrebbe preso
rule-caught = Che cosa avrebbe preso
rule-caught-no-cases = Non ci sono ancora casi su cui provarla.
rule-off = Spenta
rule-up = Sposta { $name } in su
rule-down = Sposta { $name } in giù
rule-switch = { $name } in vigore
rule-now-on = { $name } è in vigore.
rule-now-off = { $name } è spenta.
rule-delete = Elimina la regola
rule-delete-lead = { $name } non smisterà più i casi nuovi. I casi già smistati restano dove sono.
rule-deleted = { $name } è eliminata.

# With numbers
tally-accepted = { $count ->
    [one] { $count } accettato
   *[other] { $count } accettati
  }
tally-duplicate = { $count ->
    [one] { $count } doppione
   *[other] { $count } doppioni
  }
tally-filtered = { $count ->
    [one] { $count } filtrato
   *[other] { $count } filtrati
  }
tally-invalid = { $count ->
    [one] { $count } non capito
   *[other] { $count } non capiti
  }
tally-waiting = { $count ->
    [one] { $count } in attesa
   *[other] { $count } in attesa
  }
mapping-fields = { $count ->
    [one] { $count } campo impostato.
   *[other] { $count } campi impostati.
  }
intake-found = { $count ->
    [one] { $count } elemento
   *[other] { $count } elementi
  }
intake-replaying = { $count ->
    [one] Si riprova { $count } elemento.
   *[other] Si riprovano { $count } elementi.
  }
intake-replay-lead = { $count ->
    [one] { $count } elemento ripassa per la lavorazione. Quello che era già passato non si raddoppia.
   *[other] { $count } elementi ripassano per la lavorazione. Quello che era già passato non si raddoppia.
  }
rule-caught-of = { $count ->
    [one] dell'ultimo caso
   *[other] degli ultimi { $count } casi
  }
rule-caught-before = { $count ->
    [one] { $count } di questi lo prende prima “{ $name }”
   *[other] { $count } di questi li prende prima “{ $name }”
  }
