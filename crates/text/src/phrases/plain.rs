//! Words that carry no topic, in Italian and English, folded.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words that may stand inside a phrase.
pub(super) const JOINS: [&str; 12] = [
    "di", "del", "della", "dell", "dello", "dei", "degli", "delle", "of", "per", "d", "da",
];

/// Whether a folded word only carries grammar, manners, time or a common action.
pub(super) fn is_plain(folded: &str) -> bool {
    static PLAIN: LazyLock<HashSet<&str>> =
        LazyLock::new(|| ITALIAN.split_whitespace().chain(ENGLISH.split_whitespace()).collect());
    PLAIN.contains(folded) || folded.contains('\'')
}

const ITALIAN: &str = "
a abbastanza abbia abbiamo abbiano accada accade accaduto ad addio addirittura adesso affatto agli ai al alcun alcuna alcune alcuni
alcuno all alla alle allo allora almeno altra altre altri altrimenti altro altrui anche ancora andando andare andata andate andati
andato anni anno anzi appena appunto aspetta aspettare aspettiamo aspetto assai attimo avanti avendo avere avessi avesse avete aveva
avevamo avevano avevate avevi avevo avrebbe avrei avremo avro avranno avrete avuto basta bei bel bella belle belli bello bene beh ben
bisogna bisogno boh buon buona buonanotte buonasera buone buongiorno buoni buono brava bravo bravi c capito cerca cercando cercare
cerco certa certe certi certo che chi chiamare chiamo chiamato chiaro chiede chiedere chiedo chiesto chiunque ci cia ciao cio
cioe circa ciò cmq col collo come comunque con contro cordiali cortesemente cos cosa cose cosi cui da dagli dai dal dall dalla dalle
dallo dato davanti davvero de deve devi devo devono dare datemi dateci degli dei del dell della delle dello dentro di dica dice dico
dicono dimmi dire dirmi ditemi detto dietro diverse diversi dobbiamo domani domattina dopo dove dovendo dovere dovete doveva
dovrebbe dovrei dovuto due dunque durante e ecc eccetera ecco ed egli ella emai era erano eravamo ero es esatto esse essendo essere
esso est etc eventuale fa faccia faccio facciamo facendo facevano facile fai fanno far fare fate fatta fatte fatti fatto favore fin
finalmente fine finire fino forse fossi fosse fra fu fui fuori furono gente gentile gentilmente gia giorni giornata giorno
giu giusta giusto gli grande grazie ha hai hanno ho i ieri il immediatamente in infatti infine innanzitutto insieme insomma intanto
inoltre invece io l la lasciare lascia lavora le lei li lo loro lui ma magari mai mal male mandare mandato me medesimo meglio meno
mentre mercoledi lunedi martedi giovedi venerdi sabato domenica mesi mese messo mettere mezza mezzo mi mia mica mie miei mila
minuti minuto mio molta molte molti molto momento mentre n ne necessario neanche negli nei nel nell nella nelle nello nemmeno neppure
nessun nessuna nessuno nn niente no noi non nonostante nostra nostre nostri nostro nulla nuova nuove nuovi nuovo o od ogni ognuno oggi
ok oltre onestamente or ora ore oramai ormai ossia ovvero ovviamente parla parlare parte passa passare passato pazienza peggio per
perche percio pero persino persone piace piacere piacerebbe pieno piu poca poche pochi poco poi porta portare possiamo possibile
possibilita posso possono potendo potere potete poteva potevo potrebbe potrei potreste potuto praticamente prego prendere preso
presso prima primo probabilmente pronto proprio provare provato pur pure puo puoi qua qual qualche qualcosa qualcuno quale quali
qualsiasi qualunque quando quant quanta quante quanti quanto quasi quattro quegli quei quel quell quella quelle quelli quello quest
questa queste questi questo qui quindi quinto ragazzi realmente ricevere ricevuto riesce riesco riuscire riusciamo riuscito
rispetto risponde rispondere rispondete risposto rispondono salve saluti sa sai sanno sapere sapete saputo sara saranno sarebbe sarei
sarete sarò saro scorsa scorso scritto scrivere scrivo scusa scusate scusi se sei sembra sempre sente sentire sentito senza senno
sera serve servire settimana settimane si sia siamo siano siate siete sig signor signora signori simile sin sinora so sola sole soli
solito solo soltanto sono sopra soprattutto sotto spero spesso sta stamattina stanno stando stare stasera stata state stati stato
stavo stessa stesse stessi stesso sto su sua subito sue sugli sui sul sull sulla sulle sullo suo suoi tal tale tali tanta tante tanti
tanto te tempo tenere ti tipo torna tra tranne trattare tre troppa troppe troppi troppo trova trovare trovato trovo tu tua tue tuo
tuoi tutta tutte tutti tutto u ulteriore ultima ultime ultimi ultimo un una uno usare va vabbe vada vado vai vanno vari varie vede
vedere vedo veder venga venire vengono vera veramente vero verso vi via vicino viene visto vita vogliamo voglio vogliono voi volevo
vola volendo volere volete volta volte vorrei vorremmo vostra vostre vostri vostro vuoi vuole x xche xke xk cmq tt qlc qlcs dv
arriva arrivare arrivata arrivate arrivati arrivato aiuto aiutate aiutarmi aiutatemi funziona funzionano funzionare capire attendo
attesa aspettando chiamate continua continuano credo crede deciso dite diventa diventato entro esiste esistono evitare fateci fatemi
fateli gira gradirei grazia indicare indicarmi inviare inviato iniziato lasciato manca mancano mandate mandatemi merita nome
passano pensare penso piuttosto potrebbero prendono presto provo purtroppo quantomeno resta restare rimane rimasto risolto risolvere
risolvete sapermi sapreste saprei segnalo sperando spiegare succede successo tenete tocca tornare tornato usato usa usando uso vengo
volevamo volta vedremo vergogna vedete addebitato pagato pagare comprato acquistato ordinato spedito consegnato";

const ENGLISH: &str = "
a able about above absolutely actually after again against ago ain all almost alone along already also although always am among amp an
and another any anybody anymore anyone anything anyway anywhere are aren around as ask asked asking at away back bad be became because
become been before began behind being believe below best better between big both bring but buy by came can cannot cant check clear come
comes coming could couldn couldnt couple day days dear definitely did didn didnt do does doesn doesnt doing don done dont down during each
early easy either else end enough especially etc even ever every everybody everyone everything everywhere exactly except far feel
felt few finally find fine first fix for forever found from front full further gave get gets getting give given gives giving go goes going gone
gonna good got gotten great guess guys had hadn half happen happened happening happens happy hard has hasn hate have haven having he
hear heard hello help her here hers herself hey hi high him himself his hold hope hour hours how however i if ill im in inside instead into
is isn isnt it its itself ive just keep keeps kept kind kindly knew know known knows last late later least leave left less let lets like likely
literally little ll long look looked looking looks lot lots love low lol made make makes making man many may maybe me mean means meant
might mine minute minutes moment month months more morning most mr mrs much must mustn my myself near nearly need needed needs
neither never new next nice night no nobody none nor not nothing now nowhere of off often oh ok okay old omg on once one ones only onto
open or other others otherwise ought our ours ourselves out outside over own part past pay paid people per perhaps please pls plz
plus point possible pretty probably put quite rather re ready really reason receive received regards replied reply respond right run
said same saw say saying says second see seeing seem seems seen seriously send sending sent several shall she should shouldn show shows
side simply since sir so some somebody someone something sometimes somewhere soon sorry sort start started starting still stop stopped
stuff such sure take taken takes taking talk talking tell telling than thank thanks that thats the their theirs them themselves then
there therefore these they thing things think this those though thought three through thx till time times to today together told
tomorrow tonight too took toward towards tried true truly try trying twice two u under understand unless until unto up upon ur us use
used using usually ve very via wait waited waiting wanna want wanted wants was wasn wasnt way ways we week weeks weekend well went were
weren what whatever when whenever where whether which while who whoever whole whom whose why will wish with within without won wont
wonder wondering word work worked working works worse worst would wouldn wouldnt wow wrong wtf yeah year years yep yes yesterday yet you
your yours yourself yall monday tuesday wednesday thursday friday saturday sunday terrible awful horrible amazing awesome ordered bought
arrived arrive delivered charged canceled cancelled called call calling contact contacted answer answered explain suggest worth";
