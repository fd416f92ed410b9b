"""Find names in a text: words with a capital that do not have it merely because a sentence begins.

In German every noun has a capital, so nouns are told from names by what grammar and a list of common nouns offer. A
tagger that knows German (HanTa) was tried: it needs numpy, and took a fifth of the names it had never seen for nouns.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.essay.facts.dates import MONTHS, WEEKDAYS
from bot.essay.facts.east_asian import find_marked_names
from bot.essay.facts.fact import Fact, blank_unclaimed
from bot.essay.text.languages import (
    ENGLISH_COMMON_WORDS,
    ENGLISH_FUNCTION_WORDS,
    ENGLISH_HONORIFICS,
    ENGLISH_WORD_ENDINGS,
    FOREIGN_FUNCTION_WORDS,
    GENERIC_ACRONYMS,
    JOB_TITLE_WORDS,
    NAMES_WITH_WORD_ENDINGS,
    Language,
    detect_language,
)
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span
from bot.essay.text.words import word_set

# The words of a text with what their writing says: a capital, an acronym, the place where a sentence begins.


# A letter or digit, then letters, digits and joints between them; C++ and C# keep their signs.
_TOKEN = re.compile(r"[^\W_](?:\w|[-'’&/.+](?=\w))*(?:\+\+|#(?!\w))?")
POSSESSIVE = re.compile(r"['’](?:s|S)?$")
_CONTRACTION = re.compile(r"^(?P<base>[^\W_]+)['’](?:d|ll|ve|re|m|t)$")
_START_BEFORE = re.compile(r"(?:^|[.!?…:;*•>|]|\n[ \t]*\n|[.!?…][\"”’')\]]+|[\n\r])[\s\"“”‘'’(\[*_#>-]*$")
_CALENDAR = frozenset(MONTHS) | frozenset(WEEKDAYS) | frozenset(day + "s" for day in WEEKDAYS)
# How far back a sentence's beginning is looked for: a mark, its closing quotation marks and white space.
_LOOK_BACK = 12


@dataclass(frozen=True, slots=True)
class Token:
    """A word at a half-open place, in lower case."""

    start: int
    end: int
    word: str
    is_capitalized: bool  # written as a name is: Capital, CamelCase, ACRONYM
    is_distinctive: bool  # by its shape alone more than a capitalised word
    opens_sentence: bool  # stands where any word would have a capital


def tokenize(source: str) -> list[Token]:
    """The words of a text in order. "I", months, weekdays and words in capitals for emphasis count as without one."""
    found: list[Token] = []
    for match in _TOKEN.finditer(source):
        raw = match.group()
        opens = bool(_START_BEFORE.search(source, max(0, match.start() - _LOOK_BACK), match.start()))
        if opens and found and found[-1].word in ENGLISH_HONORIFICS and match.start() - found[-1].end <= 2:
            opens = False
        if raw.isalpha() and raw.islower():  # most words of a text, and names of nothing
            found.append(
                Token(match.start(), match.end(), raw, is_capitalized=False, is_distinctive=False, opens_sentence=opens)
            )
            continue
        base = POSSESSIVE.sub("", raw)
        word = base.replace("’", "'").lower()
        letters = [char for char in base if char.isalpha()]
        upper = sum(char.isupper() for char in letters)
        acronym = upper > 1 and upper == len(letters)
        camel = not acronym and any(char.isupper() for char in base[1:]) and base[:1].isalpha() and "-" not in base
        capital = bool(letters) and (base[0].isupper() or camel) and word not in _CALENDAR and not base[0].isdigit()
        contraction = _CONTRACTION.match(base)
        if word in ("i", "i'm", "i'd", "i'll", "i've", "a") or (
            contraction and contraction["base"].lower() in ENGLISH_FUNCTION_WORDS
        ):
            capital = False
        if acronym and (word in ENGLISH_FUNCTION_WORDS or word in ENGLISH_COMMON_WORDS) and word not in ("it", "us"):
            capital = False  # AND, NOT, NEVER: emphasis
        if acronym and word in ("it", "us") and raw != base:
            capital = False
        found.append(Token(match.start(), match.start() + len(base), word, capital, acronym or camel, opens))
    return found


# After one of these a word with a capital is a noun. "Der", "die", "das" and the like are apart: behind a comma they
# also begin a relative clause, whose next word may be a name.
GERMAN_ARTICLES = word_set("der die das den dem des")
GERMAN_DETERMINERS = word_set(
    "ein eine einen einem einer eines kein keine keinen keinem keiner keines mein meine meinen meinem meiner"
    " meines dein deine deinen deinem deiner sein seine seinen seinem seiner seines ihr ihre ihren ihrem ihrer"
    " ihres unser unsere unseren unserem unserer unseres unsre unsren euer eure euren eurem eurer dieser diese"
    " dieses diesen diesem jener jene jenes jenen jenem jeder jede jedes jeden jedem mancher manche manches manchen"
    " manchem welcher welche welches welchen welchem solch solche solcher solches solchen solchem derselbe dieselbe"
    " dasselbe denselben demselben derselben alle allen aller allem viel viele vielen vieler vielem wenig wenige"
    " wenigen weniger mehr etwas einige einigen einiger einigem mehrere mehreren mehrerer beide beiden beider"
    " sämtliche sämtlichen halbe halben halber halbes ganze ganzen ganzer ganzes genug allerlei"
    " keinerlei lauter zwei drei vier fünf sechs sieben acht neun zehn elf zwölf hundert tausend paar dreizehn"
    " vierzehn fünfzehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig im am zum zur beim vom ins"
    " ans aufs fürs durchs ums übers unters hinterm unterm überm vorm pro je dessen deren"
)
# Small words that end like adjectives ("kein guter Tag") and are none: a verb or one of these may stand before a name.
_ADJECTIVE_LIKE = word_set(
    "aber oder immer hier wieder unter über hinter später früher er wer wir mir dir ihr sicher leider bisher"
    " nachher vorher daher woher weiter lieber selber außer seither sogar nur für vor her sehr mehr nur es alles"
    " etwas wegen bis als dass das aus was des indes stets bereits trotzdem außerdem seitdem nachdem indem wem dem"
)
GERMAN_FUNCTION_WORDS = (
    GERMAN_ARTICLES
    | GERMAN_DETERMINERS
    | _ADJECTIVE_LIKE
    | word_set(
        "ab abends alle allein allerdings als also am an andere anderen anderer anderes anders anfangs auch auf"
        " aus bald bei beides bevor bloß da dabei dadurch dafür dagegen daheim dahin damals damit danach daneben"
        " dann daran darauf daraus darin darüber darum darunter davon davor dazu dazwischen denn dennoch deshalb"
        " deswegen dich dir doch dort draußen drinnen drüben du durch eben ebenso egal eher eigentlich einander"
        " einfach einmal endlich entweder erst erstens euch falls fast früh ganz gar gegen gegenüber genau gerade"
        " gern gestern gewiss gleich haben habe hatte hatten hast hat hätte heute hierher hierzu hin hinein hinten"
        " höchstens ich ihm ihn ihnen immerhin in indessen innerhalb inzwischen irgendein irgendeine irgendwann"
        " irgendwas irgendwer irgendwie irgendwo ist ja jahrelang jawohl jedoch jemand jetzt kaum kann kein könnte"
        " lange längst los man manchmal mehrmals meist meistens mich mit mitten mittlerweile möglicherweise morgen"
        " morgens müssen nach nachts nämlich neben nein nicht nie niemand niemals nirgends noch nun ob oben obwohl"
        " offenbar oft ohne per plötzlich rund schade schließlich schon sehr seit selbst seltsam sich sie sind"
        " sobald so sodass sofort sogar solange somit sondern sonst soviel sowie sowohl statt trotz tatsächlich"
        " übrigens um und ungefähr unten uns unser usw überall überhaupt vermutlich vielleicht vom von voraus"
        " während wahrscheinlich wann war waren warum weder weg weil weit wem wen wenn wenigstens wessen wie wieso"
        " wieviel wirklich wo wobei wodurch wofür wohin wohl womit wonach woran worauf woraus worin worüber worum"
        " wovon wozu wurde wurden würde zu zudem zuerst zufällig zuletzt zumindest zunächst zurück zusammen zuvor"
        " zwar zwischen zweitens dienstags freitags mittags mittwochs montags nachmittags samstags sonntags"
        " vormittags donnerstags"
    )
)
# Whoever follows one of these has a name.
GERMAN_HONORIFICS = word_set("herr herrn frau fräulein dr prof professor professorin familie firma doktor")
# Endings of nouns, behind at least as many letters as stand with them: "Dennis" and "Jung" are names.
GERMAN_NOUN_ENDINGS = {
    3: "ung ungen heit heiten keit keiten schaft schaften tion tionen sion sionen ität itäten tät ismus innen zeug zeit"
    " zeiten leute leuten eur eure euren erei ereien ieren senz tenz denz",
    4: "nis nisse nissen tum linge lingen mente menten enzen anten enten isten iker ikern ologie ern eln",
}
# Beginnings of nouns, from verbs: behind them stand at least three letters more.
GERMAN_NOUN_PREFIXES = (
    *("nach", "über", "unter", "vor", "auf", "aus", "zusammen", "zurück", "zwischen", "gegen", "wider", "miss"),
    *("verb", "verd", "verf", "verg", "verh", "verk", "verl", "verm", "vers", "vert", "verw", "verz", "entsch", "entt"),
)
# Parts in the middle of a word that only a compound noun has.
GERMAN_LINKED_STEMS = (
    "ungs",
    "heits",
    "keits",
    "schafts",
    "tions",
    "sions",
    "täts",
    "arbeits",
    "berufs",
    "lebens",
    "betriebs",
)
# Second halves of surnames and of places: "Bergmann" is no kind of man.
GERMAN_NAME_ENDINGS = word_set(
    "mann berg burg dorf stein bach haus heim feld wald hof meier bauer stadt tal au brück brücke kirch furt thal"
    " hausen kamp holz land walde see born brunn ruh markt horst garten müller richter schmidt mund recht tanz bank"
    " wind werk bahn meister mayer hals ring ruhe"
)
# Nouns of everyday work and life. Missing are the many that are surnames too: Koch, Vogel, Sommer, Richter.
GERMAN_NOUNS = word_set(
    "abend abenteuer abfindung abgabe abi abitur abkürzung ablauf abruf absage abschied absicht abstand abteil"
    " abteilung achsel ader adresse affäre agentur ahnung akte aktie album algorithmen algorithmus alltag alter"
    " ameise amt amter analyse anatomie anfang anfänger angebot angehörige angestellte angst anker anlage anlass"
    " anmeldung annahme anruf ansage ansatz anschluss ansicht anspruch anstoß anteil antrag antwort anwalt anwendung"
    " anzahl anzeige anzug apfel apotheke apparat applaus arbeit arbeiter arbeitgeber arbeitslose arbeitslosigkeit"
    " arm art artikel arzneimittel arzt asche aspekt asphalt ast asyl atelier atem aufenthalt aufgabe auflage aufsatz"
    " aufschwung aufstieg auftrag auftritt aufwand aufzug auge ausbildung ausdruck ausflug ausgabe auskunft ausland"
    " auslöser ausnahme aussage aussicht ausstattung auswahl ausweg ausweis auszeit auszug auto azubi backup bad bahn"
    " balken balkon ball band bank bargeld basis batterie bau bauch baum beamter becher becken bedarf bedenken"
    " bedeutung bedingung befehl beginn begriff behandlung behörde beifall bein beispiel beitrag beleg beobachtung"
    " berater bereich berg bericht beruf bescheid bescheinigung besen besitz besprechung beste bestellung besuch beta"
    " betrag betrieb bett beutel bewegung beweis bewerber bewusstsein beziehung bezirk bibel bibliothek biene bier"
    " bild bilder bildschirm bildung biografie biologie bitte blatt blatter blech bleistift blick block blog blume"
    " blut boden bohne bohrer bonus boot botschaft branche brauch brei bremse brett bretter brief brille brot bruch"
    " bruder brust buch bucher buchhaltung buchstabe budget bug bund bus butter börse bügel bühne bürger büro bürste"
    " cafe café chance chaos charakter chat chef chemie chemiker chor club code computer container cousin creme dach"
    " dacher dame dank darm datei daten datenbank datum dauer decke deckel defizit demokratie denken depression"
    " detail deutsch dialog dichter dieb dienst ding diplom direktor diskussion distanz disziplin dolmetscher donner"
    " doppel dorf dose draht dreck drittel droge druck drucker druckerei duft dummheit dunkel durst echo ecke edv"
    " effekt ehe ehre ei eid eifer eigenschaft eigentum eimer eindruck eingang einheit einigung einkauf einkommen"
    " einladung einsatz einzelheit einzige eis eisen eitelkeit ekel elend elite ellenbogen eltern email emotion"
    " empfang empfehlung ende energie engagement englisch enkel ente entscheidung entwicklung entwurf epoche erbe"
    " erbse erde ereignis erfahrung erfindung erfolg ergebnis erholung erinnerung erkenntnis erklärung erkältung"
    " erlaubnis erlebnis ernte ersatz erschöpfung ersparnis erste erwartung erzieher erzählung esel essen etage"
    " etikett euro examen exemplar exil experte extra fabrik fach fachkraft faden fahrer fahrrad fahrt faktor fall"
    " falle falte familie fan farbe farbton faser fass faust feder fehler feier feierabend feigling feinarbeit feind"
    " fell felsen fenster ferien ferne fernsehen fernweh fertigung fest fett feuer fichte fieber figur film finale"
    " finanzen finger firma firmen fisch flasche fleck fleisch fleiß fliege fluch flucht flug flughafen flur fluss"
    " fläche flüchtling flügel folge folie form format formel formular forschung fortschritt foto fotograf frage"
    " fragebogen französisch frau freiheit freizeit fremde fremdsprache freude freund freundin freundschaft frieden"
    " frist frisur frisör frucht frühjahr frühling frühstück fund funktion furcht futter fuß fußball fähigkeit führer"
    " führung gabel galerie gang ganze garn garten gas gast gebet gebiet geburt gebäude gebühr gedanke gedicht geduld"
    " gedächtnis gefahr gefallen gefängnis gefühl gegend gegenteil gegenwart gehalt gehalter geheimnis gehirn gehör"
    " geige geist geister geiz geld gelegenheit gelenk gelächter gelände gemeinde gemeinschaft gemälde gemüse"
    " generation genie genuss geografie geometrie gepäck gerechtigkeit gericht gerste geruch gerät geräusch gerücht"
    " gesang geschenk geschichte geschirr geschmack geschwindigkeit geschwister geschäft gesellschaft gesetz gesicht"
    " gesichter gespräch gestalt geste gesundheit getränk gewalt gewerkschaft gewicht gewinn gewinner gewissen"
    " gewitter gewohnheit gift gipfel gips gitarre glanz glas glaser glatze glaube gleichgewicht gleis glocke glück"
    " gold gott grad grammatik grenze grippe großmutter großvater grund grundlage grundschule gruppe gruß größe"
    " gründer gründung gulasch gummi gurke gymnasium gähnen gürtel güte haar hafen haken halle hals halt haltung hand"
    " handel handlung handwerk handwerker handy hass haufen haus hauser haushalt haut hebamme hebel heft heiligabend"
    " heimat heimweg heimweh heizung held heldin helfer hemd henne herausforderung herbst herd herde herkunft herz"
    " herzinfarkt heuchelei heulen hilfe himmel hinsicht hinweis hirn hitze hobby hochzeit hocker hof hoffnung holz"
    " honig honorar horizont hose hotel huhn humor hund hunger husten hut hygiene hälfte händler höhe hölle hörer"
    " hörsaal hülle hülse ideal idee ikone illusion imbiss impuls industrie infarkt information ingenieur ingenieurin"
    " inhalt insekt insel instinkt institut instrument integration intelligenz interesse internet internetseite"
    " intervall inventar ironie irrtum it jacke jagd jahr jahrgang jahrhundert jahrzehnt jammer job joghurt"
    " journalist jubel jubiläum jugend jugendliche junge jura kabel kaffee kaffeemaschine kaiserschnitt kalender"
    " kamera kamin kammer kampf kanal kanne kante kantine kanzlei kapazität kapital kapitel kappe karotte karriere"
    " karte karton kasse kasten katalog katastrophe katze kauf kegel kehle keks kellner kerze kessel kette keule ki"
    " kiefer kies kilo kilogramm kilometer kind kinder kino kirche kissen kiste kittel klage klammer klang klasse"
    " klavier kleber klebstoff kleid kleider kleidung klempner klicken klima klingel klinik klo kloster kloß klub"
    " knall kneipe knie knochen knopf knoten koffer kohle kollege kollegin kollegium komiker komma kommentar"
    " kommission kompromiss komödie konferenz konflikt kongress konkurrenz kontakt kontext kontinent konto kontrolle"
    " konzentration konzept konzern konzert kopf kopfhörer korb korken korn korridor kosmetik kosten kraft kram kran"
    " kranke krankenhaus krankheit kredit kreide kreis kreuz kreuzung krieg krise kritik krähe krücke krümel kuchen"
    " kugel kugelschreiber kuh kultur kummer kunde kunst kunststoff kupfer kur kurier kurs kurve kuss käfer käfig"
    " kälte käse körper kübel küche kühlschrank kündigung kürze labor labyrinth lachen lack laden lage lager laie"
    " laken lampe lampenfieber land lander landschaft langeweile langsamkeit lappen laptop last laster latein latte"
    " laub lauch lauf laufbahn laune lautsprecher lawine leben lebenslauf leber leder leere legende lehm lehramt"
    " lehre lehrer lehrerin lehrling leib leiche leid leidenschaft leim leinwand leiste leistung leiter leitung"
    " lektion lektüre lenkrad leser leserin letzte leuchte leute lexikon licht lichter lid liebe liebling lied lieder"
    " lieferant lieferung limonade lineal linie link lippe liste liter literatur lizenz lkw lob loch locher locke"
    " logik lohn lok luft lunge lust luxus lähmung länge lärm löffel lösung lücke lüge macht magen magie mahlzeit"
    " mahnung mail majestät makel makler mal malerei mama manager mandat mandel mangel mann manner mantel mappe"
    " marathon margarine markt marmelade marsch masche maschine maske massage masse mast material mathe mathematik"
    " matratze matte mauer maurer maus maß mechaniker medaille medien medikament medizin meer mehl mehrheit meinung"
    " meinungsfreiheit meister meldung melodie memoiren menge mensch merkmal messer metall meter methode miene miete"
    " mieter mikrofon mikroskop milch milieu million minderheit mine mineral minister minute mischung mission"
    " mitarbeiter mitglied mitglieder mitleid mittag mitte mittel mode modell moment monat mond monitor monolog"
    " montag montage moral mord morgen morgengrauen motiv motor mund museum musik muskel muskelkater muster mut"
    " mutprobe mutter muße mythos mädchen männlichkeit märchen möbel möhre möwe mücke müdigkeit mühe mühle müll münze"
    " mütze nachbar nachfrage nachhilfe nachmittag nachricht nacht nachteil nachweis nacken nackte nadel nagel"
    " nahrung name narbe narr nase nation natur nebel nebenjob nebenkosten neffe neid nerv nest netz netzwerk"
    " neuanfang neubeginn neugier neuheit nichte niederlage niere nikotin niveau nonne norden norm not notaufnahme"
    " notdienst note notfall notiz notwendigkeit novelle nudel null nummer nuss nutzen nutzer nächste nähe oberarzt"
    " oberfläche oberschenkel objekt obst ofen offenheit offizier ohnmacht ohr olive oma onkel opa oper opfer"
    " optimismus option orange orchester orden ordner ordnung organ organisation orientierung original ort ost osten"
    " ozean paar pacht paket palme panik panne pantoffel papa papier pappe parfüm park parkhaus parkplatz parole"
    " partei partie partner party passagier pastor patient pauschale pause pc pech pelz pendler pension periode"
    " person personal personalchef personalrat perspektive pfad pfanne pfarrer pfeffer pfeife pfeil pfennig pferd"
    " pflanze pflege pfleger pflicht pfosten pfote pfund pfütze phase philosophie phrase physik pille pilot pilz"
    " pinsel pistole plage plakat plan planung plastik platte platz podcast podium politik polizei polster portal"
    " portemonnaie portion porträt post posten postfach praktikant praktikantin praktikum praxis preis presse"
    " priester prinzip privatleben probe problem produkt produktion prognose programm projekt promotion prosa protest"
    " prothese protokoll provision prozent prozess präsens präsentation präsenz prüfer prüfung prügel psyche publikum"
    " pullover puls pult pumpe punkt puppe putz puzzle qual qualität quark quatsch quelle quote rache rad rader radio"
    " rahmen rand rang rasen rasse rat rauch raucher raum raupe rausch reaktion rebell rechner rechnung recht"
    " rechtsanwalt redaktion rede reederei reform regal regel regen regenschirm regierung region rehabilitation"
    " reibung reichtum reifen reihe reihenfolge reinigung reise reißverschluss reklame rekord religion rennen rente"
    " reparatur reportage republik reserve residenz respekt rest restaurant resultat rettung reue revier revolution"
    " rezept rhythmus richtlinie richtung riemen rind ring rinne risiko riss ritual rock roggen rohr rohstoff"
    " rolladen rolle rollstuhl roman romantik rost route routine rucksack ruder ruf ruhe ruhestand ruhm ruine rumpf"
    " runde rundgang russisch rätsel rückblick rücken rückenwind rückgrat rückkehr rückmeldung rücksicht rückzug"
    " rührung saal sache sack saft sahne saison salat salbe salon salz samen sammlung sand sandale sarg satire sattel"
    " satz sauerstoff schach schachtel schaden schaf schal schale schall schalter scham schande scharfsinn schatten"
    " schaufel schauspieler scheck scheibe schein scheitel scheitern scherbe schere scherz scheu schicht schichtplan"
    " schicksal schiene schiff schild schimmel schinken schirm schlacht schlaf schlag schlamm schlange schlauch"
    " schleife schlimmste schlinge schlitten schloss schlucht schluck schluss schlüssel schlüsselbund schmeichelei"
    " schmerz schminke schmutz schnaps schnauze schnee schnitt schnitzel schnupfen schnur schock schokolade"
    " schornstein schoß schrank schranke schraube schreck schreiben schreibtisch schreiner schrift schritt schublade"
    " schuh schulabschluss schuld schulden schuldgefühl schule schulter schutt schutz schwanz schwarm schweigen"
    " schweiß schwelle schwester schwimmbad schwindel schwung schwäche schüler schürze schüssel seele seelsorger"
    " segel segen seide seife seil seite seitensprung sekretariat sekt sekunde selbstbewusstsein selbstmitleid"
    " selbstständige selbständige semester semikolon seminar sender senf sense serie sessel sicht siedlung sieg"
    " siegel signal silbe silber silvester sinn sirene sitte situation sitz sitzplatz sitzung skandal skizze sklave"
    " sofa software sohn soldat solidarität sommerferien sommerkleid sonderfall sonne sorge sorte soße spalt spange"
    " spanisch spannung spargel spaten spaziergang spaß speck speicher speise spende sperre spiegel spiel spinne"
    " spion spital spitze sport spott sprache sprecher sprechstunde sprengstoff spritze spruch sprung spur spüle"
    " staat staatsanwalt stadion stadt stadtteil stahl stall stamm stand standort stange stapel start station"
    " statistik statue stau staub steckdose stecker stehen stelle stelze stempel steppe steuer steuerberater stich"
    " stiefel stiege stier stift stil stille stimme stimmung stipendium stirn stock stoff stolz stoß strafe strahl"
    " strand strategie strauch straße strecke streik streit stress strich strick stricken stroh strom strudel"
    " struktur strumpf stube student studie studium stufe stuhl stunde sturz ständer stärke störung stück stütze"
    " substanz suche sucht summe suppe symbol symptom system szene säge säule säure süden sünde tabak tabelle"
    " tablette tabu tadel tafel tag tageslicht takt taktik talent taler tank tanne tante tanz tapete tarif tasche"
    " tasse tastatur taste tat tatsache taube taufe taxi team technik techniker tee teich teil teilnahme teilnehmer"
    " teilzeit telefon teller tempel temperament tempo tendenz tennis teppich termin test teufel text textbaustein"
    " theater thema theorie therapeut therapie thron tief tiefe tier tinte tipp tippfehler tisch tischler titel toast"
    " tochter tod todesfall toilette toleranz tomate ton tonne topf tor torte tour tourist tradition tragödie trainee"
    " trainer training trampel transport trauben trauer traum trend trennung treppe tresor treue trick trikot"
    " trinkgeld triumph trog trommel tropfen trost trottel trotz truppe träne tuch tugend turm turnhalle tv typ täter"
    " tür türkisch tüte ufer uhr umgang umgebung umkleide umsatz umschlag umschulung umsetzung umstand umweg umwelt"
    " umzug unfall unglück uniform universität unruhe unsinn unterhalt unterkunft unterlage unternehmen unterricht"
    " unterschied unterschrift unterstützung urlaub urne ursache urteil urteilskraft vakuum variante vase vater"
    " veranstaltung verantwortung verband verbindung verbot verbrechen verdacht verdienst verein verfahren verfassung"
    " vergangenheit vergleich vergnügen verhalten verhältnis verkauf verkehr verkäufer verkäuferin verlag verlauf"
    " verletzung verlust vermögen vernehmung vernunft verpackung vers versagen versammlung versand versicherung"
    " versprechen verstand verständnis verstärkung versuch verteidigung vertrag vertrauen vertreter verwalter"
    " verwaltung verzicht verzweiflung video vieh viertel viertelstunde violine virus vision visite vitamin vogelhaus"
    " volk volkshochschule vorbereitung vorbild vorgang vorgesetzte vorhaben vorhang vorlesung vorliebe vormittag"
    " vorrang vorrat vorsatz vorschlag vorschrift vorsicht vorsprung vorstand vorstellung vorstellungsgespräch"
    " vorteil vorurteil vorwort vorwurf waage wachs wachstum waffe wagen wahl wahnsinn wahrheit waise wal wald walze"
    " wand wandel wanderung wange wappen ware warnung wartezimmer warze waschmaschine wasser wasserhahn watte weberei"
    " website wechsel wecker weckruf weg weihnachten weile wein weise weisheit weite weizen welle welt werbung werft"
    " werk werkstatt werkzeug wert wesen westen wettbewerb wette wetter wichtigkeit widerspruch widerstand widerwille"
    " wiese wille wimper wind windel winkel wirbel wirkung wirt wirtin wirtschaft wischen wissen wissenschaft witwe"
    " witz woche wohlstand wohnung wolke wolle wollen workshop wort worte worter wunde wunder wunsch wurm wurst"
    " wurzel wut wächter währung wärme wäsche würde würfel wüste zahl zahn zange zank zaun zeh zehe zeichen zeichnung"
    " zeigefinger zeile zeit zeitarbeit zeitdruck zeitplan zeitraum zeitung zelle zelt zement zentrum zeremonie"
    " zettel zeuge zeugnis ziege ziegel ziel zigarette zimmer zimt zins zirkus zitat zitrone zoll zone zopf zorn"
    " zubehör zucker zufall zuflucht zug zugabe zugang zuhause zuhörer zukunft zulage zuneigung zunge zusage"
    " zusammenbruch zusammenhang zuschauer zuschlag zustand zuständigkeit zutat zutritt zuversicht zwang zweck"
    " zweifel zweig zwerg zwiebel zwilling zwischenfall zylinder ärger öffnung öl überblick überforderung übergabe"
    " übersetzer übersicht überstunde überzeugung übung"
)


_ENDINGS_OF_CASE = ("ens", "en", "es", "em", "e", "n", "s")
_ADJECTIVE_ALONE = ("em", "es", "er")
_FEWEST_BEFORE = 3  # letters, in the first half of a compound
_FEWEST_LETTERS = 4  # of the second half of a compound: shorter ones ("ei", "rat") end many names


@lru_cache(maxsize=20_000)  # the nouns of some texts; every one is asked for several times
def german_forms(word: str) -> frozenset[str]:
    """A noun, without its umlauts and with each ending of case or number off: two that share one may be the same."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    cut = (plain.removesuffix(ending) for ending in _ENDINGS_OF_CASE)
    return frozenset({plain, *(one for one in cut if len(one) >= 3)})


def _strip_umlauts(word: str) -> str:
    return max(german_forms(word), key=len)


_NOUNS = frozenset(map(_strip_umlauts, GERMAN_NOUNS))
_NAME_HEADS = frozenset(map(_strip_umlauts, GERMAN_NAME_ENDINGS))
_NOUN_HEADS = frozenset(head for head in _NOUNS - _NAME_HEADS if len(head) >= _FEWEST_LETTERS)
_LONGEST_HEAD = max(map(len, _NOUN_HEADS))
_ENDINGS = tuple((least, tuple(endings.split())) for least, endings in GERMAN_NOUN_ENDINGS.items())


def uncapitalize_german_nouns(source: str, found: list[Token]) -> list[Token]:
    """The words of a German text, those that are nouns and no names counting as without a capital.

    A noun is what an article, a number or an adjective precedes, what ends as nouns do, what a list of common nouns
    holds or a compound ends in; and each further occurrence of one. A word after a form of address or another name is
    none.
    """
    # A verb that stands in small letters elsewhere is one here too: "das Warten", "Warten half".
    known = {token.word for token in found if token.word.endswith("en") and not token.is_capitalized}
    nouns: list[bool] = []
    for at, token in enumerate(found):
        told = token.is_capitalized and not token.is_distinctive and _is_likely_noun(source, found, at)
        if told and not token.opens_sentence:
            known |= german_forms(token.word)
        nouns.append(told)
    result: list[Token] = []
    for at, token in enumerate(found):
        if not token.is_capitalized or token.is_distinctive:
            result.append(token)
            continue
        before = result[-1] if result else None
        if token.word in GERMAN_FUNCTION_WORDS or token.word in GERMAN_HONORIFICS:
            is_noun = True
        elif (
            before is not None
            and _touch(source, before, token)
            and (before.word in GERMAN_HONORIFICS or before.is_capitalized)
        ):
            # "Frau Sommer", "Anna Feld"; but not "Gespräche Ende Mai", whose first word is a noun of the list.
            is_noun = (
                before.word not in GERMAN_HONORIFICS
                and before.opens_sentence
                and (nouns[at] or bool(german_forms(token.word) & known))
            )
        else:
            is_noun = nouns[at] or bool(german_forms(token.word) & known)
        result.append(replace(token, is_capitalized=False) if is_noun else token)
    return result


def _is_likely_noun(source: str, found: list[Token], at: int) -> bool:
    return is_common_noun(found[at].word) or _is_determined(source, found, at)


@lru_cache(maxsize=20_000)
def is_common_noun(word: str) -> bool:
    """Whether a word is a noun by its ending, by the list, or as a compound of one of the list."""
    if any(len(word) - len(ending) >= least and word.endswith(ending) for least, some in _ENDINGS for ending in some):
        return True
    if any(word.startswith(start) and len(word) - len(start) >= 3 for start in GERMAN_NOUN_PREFIXES):
        return True
    if any(part in word[3:-2] for part in GERMAN_LINKED_STEMS):
        return True
    return any(form in _NOUNS or _ends_in_a_noun(form) for form in german_forms(word))


def _ends_in_a_noun(form: str) -> bool:
    first = max(_FEWEST_BEFORE, len(form) - _LONGEST_HEAD)
    return any(form[start:] in _NOUN_HEADS for start in range(first, len(form) - _FEWEST_LETTERS + 1))


def _is_determined(source: str, found: list[Token], at: int) -> bool:
    """Whether an article, a possessive, a number or an adjective stands before the word, adjectives between."""
    before = at - 1
    for _ in range(3):
        if before < 0 or not _touch(source, found[before], found[before + 1]):
            return False
        token = found[before]
        if token.word in GERMAN_ARTICLES:
            return not _after_comma(source, token)
        if token.word in GERMAN_DETERMINERS or token.word.isdecimal():
            return True
        if (
            token.is_capitalized
            or token.word in GERMAN_FUNCTION_WORDS
            or not token.word.endswith(("e", "en", "er", "es", "em"))
        ):
            return False
        if token.word.endswith(_ADJECTIVE_ALONE):
            return True  # "mit großem Mut": no verb ends like that
        before -= 1
    return False


def _after_comma(source: str, token: Token) -> bool:
    return source[max(0, token.start - 3) : token.start].rstrip().endswith(",")


def _touch(source: str, left: Token, right: Token) -> bool:
    between = source[left.end : right.start]
    return between.isspace() and "\n\n" not in between


_CONNECTORS = word_set("of de van von der den da del della di du la le bin al &")
# In German the others are articles: "sah Anna den Chef".
_GERMAN_CONNECTORS = word_set("von van zu de &")


def names(text: str, spoken: Language | None = None) -> tuple[Fact, ...]:
    """The names of ``text`` in order: people, firms, places, products, job titles; a run of capitals is one.

    Left out: "I", months and weekdays, ordinary words at the start of a sentence, words in capitals for emphasis, and
    headings in title case. In a text that is not English any word at the start of a sentence may be an ordinary one: it
    is a name where it stands inside a sentence with its capital as well, or begins a name of several words. German
    nouns are left out as far as they can be told; in scripts without capitals only what east_asian finds is a name.
    Values are case-folded, without accents, possessive endings and forms of address. ``spoken`` is the language of the
    text, looked for where it is not given.
    """
    source = _without_headings(text)
    spoken = spoken or detect_language(text)
    words = tokenize(source)
    connectors = _CONNECTORS
    openers = ENGLISH_FUNCTION_WORDS if spoken == "en" else ENGLISH_FUNCTION_WORDS | FOREIGN_FUNCTION_WORDS
    if spoken == "de":
        words, connectors = uncapitalize_german_nouns(source, words), _GERMAN_CONNECTORS
        openers |= GERMAN_FUNCTION_WORDS
    inside = Counter(token.word for token in words if token.is_capitalized and not token.opens_sentence)
    small = {token.word for token in words if not token.is_capitalized}
    found = [_normalized(text, start, end) for start, end in find_marked_names(source)]
    at = 0
    while at < len(words):
        end = _run_end(source, words, at, connectors)
        if end == at:
            at += 1
            continue
        run = _trimmed(words[at:end], inside, small, openers)
        if run:
            found.append(_name_fact(text, run))
        at = end
    return tuple(sorted(found, key=lambda name: name.span))


def is_generic_name(name: Fact) -> bool:
    """True for a name that singles nobody out: a job title, or an abbreviation that every trade uses."""
    words = re.split(r"[\s/]+", name.value)
    return all(word in JOB_TITLE_WORDS or word in GENERIC_ACRONYMS for word in words)


def normalize_name(name: str) -> str:
    """One value for a name: case, accents, kinds of apostrophe, white space and a possessive ending set aside."""
    plain = POSSESSIVE.sub("", " ".join(name.split())).replace("’", "'")
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _without_headings(text: str) -> str:
    """``text`` with headings in title case as spaces: their capitals say nothing."""
    source = blank_unclaimed(text)
    pieces = []
    for part in split_sections(text):
        heading = source[part.start : part.body_start]
        words = [word for word in part.title.split()[1:] if len(word) > 3]
        if sum(word[0].isupper() for word in words) * 2 > len(words) or len(words) < 2:
            heading = re.sub(r"[^\r\n]", " ", heading)
        pieces += [heading, source[part.body_start : part.end]]
    return "".join(pieces)


def _run_end(source: str, tokens: list[Token], at: int, connectors: frozenset[str]) -> int:
    """The end of the run of capitals from ``at``, with "of", "van" and the like between two of them."""
    if not tokens[at].is_capitalized:
        return at
    end = at + 1
    while end < len(tokens):
        step = end
        if tokens[step].word in connectors and not tokens[step].is_capitalized and step + 1 < len(tokens):
            if not _are_adjacent(source, tokens[step - 1], tokens[step]):
                break
            step += 1
        last, following = tokens[step - 1], tokens[step]
        if not following.is_capitalized or not _are_adjacent(source, last, following):
            break
        end = step + 1
    return end


def _are_adjacent(source: str, left: Token, right: Token) -> bool:
    if right.start - left.end > 4:
        return False
    between = source[left.end : right.start]
    if between.strip() == "&":
        return True
    if between.strip() == "." and "\n" not in between:
        return len(left.word) == 1 or left.word in ENGLISH_HONORIFICS
    return (
        between.isspace()
        and between.count("\n") <= 1
        and not (between.count("\n") and right.opens_sentence and left.is_distinctive)
    )


def _trimmed(run: list[Token], inside: Counter[str], small: set[str], openers: frozenset[str]) -> list[Token]:
    """A run without what is no part of a name; empty where nothing is left. ``openers`` are the function words of the
    text's language, or of many where it is not English.
    """
    english = openers is ENGLISH_FUNCTION_WORDS
    while run and (run[0].word in openers or run[0].word in _CONNECTORS) and not run[0].is_distinctive:
        run = run[1:]
    while run and (
        run[-1].word in _CONNECTORS or (run[-1].word in ENGLISH_FUNCTION_WORDS and not run[-1].is_distinctive)
    ):
        run = run[:-1]
    if (
        run
        and run[0].opens_sentence
        and not run[0].is_distinctive
        and not _name_at_start(run, inside, small, english=english)
    ):
        run = run[1:]
        while run and run[0].word in _CONNECTORS:
            run = run[1:]
    if len(run) > 1 and run[0].word in ENGLISH_HONORIFICS:
        run = run[1:]
    if len(run) == 1 and (run[0].word in ENGLISH_HONORIFICS or (len(run[0].word) == 1 and not run[0].is_distinctive)):
        return []
    return run


def _name_at_start(run: list[Token], inside: Counter[str], small: set[str], *, english: bool) -> bool:
    """Whether a capital that any first word would have belongs to a name."""
    word = run[0].word
    if word in ENGLISH_HONORIFICS or word in NAMES_WITH_WORD_ENDINGS or inside[word]:
        return True
    if len(run) > 1 and word in JOB_TITLE_WORDS and run[1].word in JOB_TITLE_WORDS:
        return True  # "Product Manager is a job"
    if not english:
        return len(run) > 1 and word not in small
    ordinary = (
        word in ENGLISH_COMMON_WORDS
        or word in small
        or word.endswith(ENGLISH_WORD_ENDINGS)
        or word.rstrip("s") in ENGLISH_COMMON_WORDS
    )
    return not ordinary and not (word.endswith("s") and word[:-1] in small)


def _normalized(text: str, start: int, end: int) -> Fact:
    return Fact(Span(start, end), "name", text[start:end], normalize_name(text[start:end]))


def _name_fact(text: str, run: list[Token]) -> Fact:
    span = Span(run[0].start, run[-1].end)
    value = normalize_name(span.extract(text))
    words = [normalize_name(text[token.start : token.end]) for token in run]
    initials = "".join(word[0] for word in words) if len(words) > 1 else ""
    also = frozenset(word for word in words if len(word) > 1 and word not in _CONNECTORS)
    runs = frozenset(" ".join(words[start:]) for start in range(1, min(len(words), 6)))
    return Fact(
        span, "name", span.extract(text), value, also | runs | ({initials} if len(initials) > 1 else frozenset())
    )
