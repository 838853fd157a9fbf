settings-quality = Qualità delle etichette
quality-title = Quanto siamo bravi qui
quality-lead = Ogni messaggio è letto dal motore su questa macchina. Ciò che le persone correggono dice quanto è bravo con i vostri clienti, e lo migliora.
quality-span = Periodo
quality-span-year = Un anno
quality-span-quarter = Dodici settimane
quality-labelled = Messaggi letti
quality-corrected = Etichette corrette
quality-model = Versione dei modelli
quality-by-label = Per etichetta
quality-label = Etichetta
quality-corrections = Corrette
quality-kept = Lasciate com’erano
quality-trend = Settimana per settimana
quality-lessons = Lezioni
quality-again = Ora sarebbe giusto
quality-of = { $count ->
    [one] dell’ultima correzione
   *[other] delle ultime { $count } correzioni
 }
quality-weeks-ago = { $count ->
    [0] questa settimana
    [one] la settimana scorsa
   *[other] { $count } settimane fa
 }
quality-explained = “Lasciate com’erano” è la quota di messaggi di cui nessuno ha cambiato l’etichetta: un limite superiore, perché non ogni errore viene corretto. La curva mostra da 80 % a 100 %. “Ora sarebbe giusto” guarda i messaggi corretti, ciascuno prima che se ne impari: quanti ne indovinano i modelli forniti → quanti con ciò che hanno imparato dalle correzioni precedenti.
quality-confusions = Correzioni più frequenti
quality-none = In questo periodo nulla è stato corretto.
quality-was = Il motore diceva
quality-now = È
quality-times = Volte
relabel-title = Rileggere la storia
relabel-lead = Dopo molte correzioni o un aggiornamento si possono rileggere i messaggi arrivati prima. Ciò che le persone hanno corretto resta com’è.
relabel-start = Rileggi
relabel-began = La storia viene riletta.
relabel-runs = La storia si sta già rileggendo.
relabel-seen = { $count ->
    [one] { $count } messaggio letto
   *[other] { $count } messaggi letti
 }
relabel-done = { $count ->
    [0] L’ultima volta nulla è cambiato.
    [one] L’ultima volta è cambiato { $count } messaggio.
   *[other] L’ultima volta sono cambiati { $count } messaggi.
 }
examples-lead = Testi di clienti che vogliono questo. Con una dozzina il motore comincia a riconoscere il tipo; ogni correzione alla scrivania gli insegna altro.
examples-new = Nuovi esempi
examples-hint = Uno per riga, con le parole dei clienti, in ogni lingua in cui vi scrivono.
examples-add = Aggiungi
examples-needed = Scrivi almeno un esempio.
examples-too-many = Al massimo 500 alla volta.
example-too-long = Un esempio può avere 4.000 caratteri.
examples-added = { $count ->
    [0] C’erano già tutti.
    [one] { $count } esempio aggiunto.
   *[other] { $count } esempi aggiunti.
 }
examples-missing = { $count ->
    [one] Con un altro esempio l’etichetta diventa utilizzabile.
   *[other] Con altri { $count } esempi l’etichetta diventa utilizzabile.
 }
examples-none = Ancora nessun esempio.
example-remove = Togli questo esempio
example-removed = L’esempio è stato tolto.
type-teach = Esempi

settings-opinion = Secondo parere
opinion-lead = Tutto viene letto su questa macchina. Dove il motore non è sicuro si può chiedere a un modello linguistico di vostra scelta: numeri d’ordine, telefoni, indirizzi e conti vengono prima mascherati, e la risposta può solo scegliere tra le vostre etichette. Ciò che una persona ha corretto non cambia mai.
opinion-on = Chiedi un secondo parere
opinion-url = Indirizzo dell’API
opinion-url-hint = Compatibile con OpenAI, fino a /v1. Un server nella vostra rete va permesso quando si avvia Voce (--allow-private-hosts).
opinion-url-wrong = Non è un indirizzo web.
opinion-model-name = Modello
opinion-model-needed = Indica il modello.
opinion-key = Chiave API
opinion-key-hint = Conservata sigillata e mai più mostrata. Lasciala vuota per tenere quella che c’è.
opinion-below = Quando è meno sicuro di (%)
opinion-per-day = Domande al giorno al massimo
opinion-seconds = Secondi per rispondere
opinion-try = Prova
opinion-answered = Ha risposto: { $name }
opinion-failed = Nessuna risposta: { $name }
opinion-silent = L’ultima domanda è rimasta senza risposta
opinion-today = { $count ->
    [one] { $count } domanda fatta oggi.
   *[other] { $count } domande fatte oggi.
 }
opinion-changed = { $count ->
    [one] Finora ha cambiato le etichette di { $count } messaggio.
   *[other] Finora ha cambiato le etichette di { $count } messaggi.
 }

company-names = Marchi, prodotti e persone
company-names-hint = Uno per riga. Vengono riconosciuti in ciò che scrivono i clienti, con il sentimento verso ciascuno.
names-too-many = Al massimo 5.000 nomi.
names-too-long = Un nome può avere 100 caratteri.
