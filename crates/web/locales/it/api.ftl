# Web hook in uscita
hooks-lead = Voce racconta agli altri sistemi che cosa succede: richieste firmate a un vostro indirizzo.
hooks-empty = Ancora nessun web hook
hooks-empty-lead = Aggiungete l'indirizzo di un vostro sistema che vuole sapere di nuovi casi, messaggi o contatti.
hook-new = Nuovo web hook
hook-name = Nome
hook-url = URL
hook-url-hint = Chiamato in POST con JSON, firmato secondo la specifica Standard Webhooks.
hook-events = Eventi
hook-name-needed = Date un nome di al massimo 100 caratteri.
hook-url-wrong = Scrivete un indirizzo che cominci con https:// o http://.
hook-url-private = Questo indirizzo è in una rete privata. Chi gestisce Voce può permetterlo all'avvio.
hook-events-needed = Scegliete almeno un evento.
hook-created = Web hook creato.
hook-deleted = Web hook «{ $name }» eliminato.
hook-delete-sure = Eliminare questo web hook con le sue consegne?
hook-secret = Il segreto
hook-secret-lead = Si vede solo ora: copiatelo nel sistema che riceve, che lo usa per controllare la firma.
hook-renew-secret = Nuovo segreto
hook-secret-renewed = Nuovo segreto creato. Il vecchio non firma più.
hook-on = Attivo
hook-off = Spento
hook-off-lead = Finché è spento non racconta nulla.
hook-failing = Non risponde
hook-given-up = Spento dopo troppi errori
hook-given-up-lead = { $count ->
    [one] { $count } tentativo fallito di fila.
   *[other] { $count } tentativi falliti di fila.
  } Riparate il sistema che riceve, riaccendete il web hook, poi riconsegnate ciò che è fallito.
hook-switch-on = Accendi
hook-switch-off = Spegni
hook-is-on = Web hook acceso.
hook-is-off = Il web hook è spento.
hook-test = Manda una prova
hook-test-sent = Prova in coda: qui sotto si vede com'è andata.
hook-deliveries = Consegne
hook-deliveries-empty = Ancora nessuna consegna
hook-deliveries-empty-lead = Mandate una prova per vedere se il sistema che riceve risponde.
hook-schedule = Consegnato subito; dopo un errore di nuovo dopo 5 secondi, 5 e 30 minuti, 2, 5, 10, 14, 20 e 24 ore. Sempre con lo stesso webhook-id.
hook-delivered = { $count ->
    [one] { $count } consegnato
   *[other] { $count } consegnati
  }
hook-queued = { $count } in attesa
hook-failed = { $count ->
    [one] { $count } fallito
   *[other] { $count } falliti
  }
hook-attempts = { $count ->
    [one] { $count } tentativo
   *[other] { $count } tentativi
  }
hook-next = Prossimo tentativo
hook-response = La risposta
hook-body = Che cosa racconta
hook-replay = Riconsegna
hook-replay-failed = Riconsegna tutti i falliti
hook-replayed = { $count ->
    [one] { $count } consegna è di nuovo in viaggio.
   *[other] { $count } consegne sono di nuovo in viaggio.
  }
hook-older = Più vecchie
hook-state-queued = In attesa
hook-state-delivered = Consegnato
hook-state-failed = Fallito
hook-copy = Copia
hook-copied = Copiato

# Eventi
hook-event-about-message = Messaggi
hook-event-about-note = Note
hook-event-about-label = Etichette
hook-event-about-reaction = Reazioni
hook-event-about-case = Casi
hook-event-about-contact = Contatti
hook-event-message-received = È arrivato un messaggio
hook-event-message-written = È stata scritta una risposta
hook-event-message-sent = Una risposta è partita
hook-event-message-failed = Una risposta non si è potuta consegnare
hook-event-message-unknown = Non si sa se una risposta è partita
hook-event-note-written = È stata scritta una nota
hook-event-labels-corrected = È stata corretta un'etichetta
hook-event-reaction-received = Qualcuno ha reagito
hook-event-case-opened = Un caso è stato aperto
hook-event-case-reopened = Un caso è stato ripreso
hook-event-case-assigned = Un caso ha cambiato responsabile
hook-event-case-state-changed = Un caso ha cambiato stato
hook-event-case-changed = Squadra, priorità o oggetto di un caso sono cambiati
hook-event-case-tagged = Le etichette di un caso sono cambiate
hook-event-case-merged = Dei casi sono stati uniti
hook-event-case-split = Un caso è stato diviso
hook-event-contact-created = Un contatto è stato creato
hook-event-contact-changed = Un contatto è cambiato
hook-event-contacts-merged = Dei contatti sono stati uniti
hook-event-contacts-unmerged = Un'unione di contatti è stata annullata

# Esportazione
export-title = Esportazione
export-lead = Elenchi interi come file, così come sono in questo momento. Ogni esportazione si scrive nel registro delle attività.
export-contacts = Contatti
export-contacts-lead = Nome, indirizzi, organizzazione e campi propri.
export-cases = Casi
export-cases-lead = Tutti i casi con stato, responsabile, etichette e tempi.
export-messages = Messaggi
export-messages-lead = Tutto ciò che è stato detto, con le sue etichette.
export-csv = CSV
export-excel = CSV per Excel
export-jsonl = JSONL

# La documentazione della API
api-docs = API
api-docs-title = Documentazione della API
api-docs-lead = Tutto in Voce può essere letto e fatto anche dai programmi: con un token, su HTTPS, in JSON.
api-docs-download = Documento OpenAPI
api-token-new = Crea un token
api-contents = Indice
api-parameters = Parametri
api-body = Corpo
api-answers = Risposte
api-needed = necessario
api-example = Esempio
api-scope = Permesso
api-anyone = chiunque
api-schemas = Schemi
api-field = Campo
api-type = Tipo
api-meaning = Significato
api-start = Primi passi
api-start-token = Create un token in Il tuo account, Token, con i permessi che servono al programma, e mandatelo con ogni richiesta:
api-start-pages = Gli elenchi arrivano a pagine: date il next di una pagina come cursor per avere quella dopo.
api-start-errors = Gli errori sono application/problem+json (RFC 9457); ogni voce di errors dice con un JSON pointer quale campo è sbagliato.
api-start-once = Un POST con Idempotency-Key si può ripetere senza danno: la stessa chiave riceve di nuovo la prima risposta.
api-start-limits = Un token può fare 1.000 richieste al secondo, e 10.000 insieme dopo una pausa; poi 429 con Retry-After. POST /api/v1/messages non ha questo limite: quando arriva più di quanto si può scrivere risponde 503.
api-start-hooks = I web hook avvisano da soli. Ognuno è un POST con il JSON qui sotto, firmato secondo la specifica Standard Webhooks negli header webhook-id, webhook-timestamp e webhook-signature: «v1,» e lo HMAC-SHA256 di id.timestamp.body con i byte del segreto, in base64.
api-body-broken = La connessione si è interrotta prima che arrivasse tutto il corpo.

# Colonne delle esportazioni
column-id = Id
column-name = Nome
column-customer = Cliente
column-organization = Organizzazione
column-email = E-mail
column-phone = Telefono
column-handle = Profilo
column-customer-number = Codice cliente
column-language = Lingua
column-note = Nota
column-fields = Campi propri
column-merged-into = Unito in
column-created-at = Creato il
column-updated-at = Cambiato il
column-number = Numero
column-subject = Oggetto
column-state = Stato
column-waiting = Attende
column-waiting-until = Attende fino a
column-owner = Responsabile
column-team = Squadra
column-contact = Contatto
column-account = Canale (account)
column-priority = Priorità
column-tags = Etichette
column-request-type = Tipo di richiesta
column-urgency = Urgenza
column-sentiment = Sentimento
column-noise = Rumore
column-messages = Messaggi
column-unanswered-since = Senza risposta da
column-last-message-at = Ultimo messaggio
column-first-answer-at = Prima risposta
column-resolved-at = Risolto il
column-sent-at = Inviato il
column-direction = Direzione
column-channel = Canale
column-kind = Genere
column-visibility = Visibilità
column-author = Autore
column-address = Indirizzo
column-text = Testo
column-sentiment-score = Sentimento (valore)
column-delivery = Consegna
column-url = URL
column-case = Caso
column-conversation = Conversazione
