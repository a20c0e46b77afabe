"""What an answer of a person means, by plain rules over what she wrote herself. Pure.

A suggestion, which a person corrects with one key; only one thing is acted on at once: an answer that says
nothing else than that she wants no more mail.
"""

import re

INTERESTED, QUESTION, NOT_NOW, NO, WRONG_PERSON = (
    "interested", "question", "not_now", "no", "wrong_person",
)  # fmt: skip
_MOST = 3_000
_STOP_LENGTH = 120

_POLITE = re.compile(
    r"\b(please|pls|bitte|thanks?( you)?|thx|danke|merci|s.il vous plaît|svp|por favor|gracias|grazie|per favore|obrigad[oa]|alstublieft|bedankt|tack|takk|tak|kiitos|dzięki|proszę|prosím|пожалуйста|спасибо"
    r"|hi|hello|hallo|guten tag|bonjour|hola|dear (sir|team|all)?|not interested|no thanks|kein interesse|nein danke|sir|madam|team|now|immediately|sofort|kindly|vänligen|venligst|vennligst|favor|cortesemente|gentilmente|can you|could you|would you|you can)\b",
    re.IGNORECASE,
)
# What may be all that an answer says for it to be an opt-out.
_STOP = re.compile(
    r"(stop( (it|this|now|mail(ing|s)?|e-?mail(ing|s)?( me)?|sending( me)? .{0,30}|all|contacting me|spamming( me)?))?|unsub(scribe)?( me)?( from (this|the|your|all)( mailing)?( list)?s?)?|unsuscribe|unsubscribed?|un-subscribe|opt(ing)?[ -]?out|remove( me)?( from (this|the|your|all)?( ?(mailing|e-?mail))?( ?lists?)?( ?(database|distribution|records?|system))?)?"
    r"|(take|remove|delete|erase|strike) (me|us|this|my|our)( (name|e-?mail|address|details|contact|data|mail|id)){0,4} (off|out of|from) (of )?(this|the|your|all|any)?( ?\w+){0,2} ?(lists?|mailings?|database|records?|systems?|newsletters?|distribution|subscriptions?|e-?mails?)"
    r"|(i|we)?( really)? ?(don.?t|do not|no longer) (want|wish|need|care)( to)?( (receive|get|hear|see|have|any|your|these|this|such|more|further|from|marketing|promotional)){0,4} (you|from you|e-?mails?|mails?|messages?|mailings?|newsletters?|be (contacted|e-?mailed|on (this|your) (mailing )?list))( (from you|of this kind|any ?more|again|in (the )?future|at all)){0,2}"
    r"|opt (me|us) out( of .{2,30})?|unsub(scribe)? (us|this( e-?mail)?( address)?|my (e-?mail|address)( address)?|[^\s@]{1,64}@[\w .-]{1,60}?)( from (this|the|your|all)( mailing)? ?(lists?|newsletters?|e-?mails?)?)?"
    r"|take me off( (this|the|your)( mailing)? list)?|(don.?t|do not|never) (e-?mail|mail|write|contact|send)( to)?( me)?( any)?( ?more| again)?( e-?mails?)?|no more (e-?mails?|mails?|messages?|newsletters?)|cancel( my)?( subscription)?|delete me( from .{2,40})?|i (want|wish|would like|.d like) to (unsubscribe|be removed|opt out)( from .{2,40})?|leave me alone|end|quit|apple mail sent this e?-?mail to unsubscribe from .{1,80}"
    r"|abmelden|abbestellen|austragen|(newsletter|mich) (ab(melden|bestellen)|austragen|löschen|kündigen)|(ich (möchte|will) )?(mich )?(vom newsletter |aus .{2,30} )?(abmelden|abbestellen|austragen|streichen|entfernen)|keine (weiteren )?(e-?mails?|mails?|werbung|nachrichten)( mehr)?( (senden|schicken|erhalten))?|(nehmen|tragen|streichen|löschen) sie mich .{0,40}(aus|heraus|verteiler|liste)|melden sie mich ab"
    r"|(ich|wir) (möchten?|wollen|will|wünschen?) (bitte )?(keine?r?|nicht) .{0,40}(e-?mails?|newsletter|nachrichten|werbung|angeschrieben|kontaktiert)( (mehr|von ihnen|bekommen|erhalten|empfangen|haben|werden)){0,3}"
    r"|(löschen|entfernen|streichen|nehmen) sie (mich|uns|meine?|unsere?) .{0,40}(verteiler|liste|datenbank|system|adresse|daten)"
    r"|désabonn(er|ement|ez[- ]moi)|désinscri(re|ption|vez[- ]moi)|me (désabonner|désinscrire)|je (souhaite|veux|voudrais|désire) (me |être )?(désabonner|désinscrire|désinscrite?)|ne (plus|pas) (m.écrire|m.envoyer|recevoir).{0,40}|retirez[- ]moi.{0,40}|arrêtez?"
    r"|(de )?(bien vouloir )?(me|nous) d[eé](sabonner|sinscrire)( .{2,40})?|(je|nous) ne (souhait|veu|voul|d[eé]sir)\w* (plus|pas) (recevoir|être).{0,40}|de ne plus (m.|me |nous )(écrire|envoyer|contacter|adresser).{0,30}|(de )?(retire[rz]|supprime[rz]|enleve[rz]|enlevez)([- ]moi)? ?(mon|mes|notre|de|cette)?.{0,40}(liste|adresse|e-?mail|base|fichiers?)( .{0,30})?"
    r"|(darme|dar|darse) de baja|baja|cancelar( (la )?suscripción)?|desuscribir(me|se)?|no (me )?(envíen?|enviar?|escriban?|quiero).{0,20}(más|correos).{0,20}|eliminar(me)?( de (la|su) lista)?|quiero (darme|ser).{0,20}baja"
    r"|(denme|deme|déme|d[eé]n?me|denos|dar(me|nos)?) de baja.{0,30}|no (quiero|deseo|queremos|deseamos)( \w+)? (recibir|recibiendo) .{0,20}(correos?|e-?mails?|mensajes?|boletines|publicidad)( \w+){0,2}|(elim[ií]n|borr|quit|sáqu|saqu|d[eé]n)\w*me .{0,40}(lista|base|correos?).{0,20}"
    r"|(toglie|rimuove|elimina|cancella|leva)\w*(mi)? .{0,40}(lista|mailing list|newsletter|database).{0,15}|non (desidero|voglio|vogliamo|desideriamo) (più )?(ricevere|essere) .{0,20}(e-?mail|mail|messaggi|newsletter|comunicazioni|contattat\w)( \w+){0,2}"
    r"|cancellami|cancellazione|cancellatemi|disiscri(vimi|vetemi|zione|vermi)|annulla(re)?( (la )?iscrizione)?|non (inviate|scrivete|mandate)(mi)? (più|altre).{0,20}|rimuov(imi|etemi).{0,30}|basta"
    r"|(remov|retir|exclu|tir|delet)\w+ (o )?(me|meu|minha)\b.{0,25}\b(lista|base|e-?mail|cadastro|contato|newsletter)\b.{0,20}|não (quero|desejo|gostaria de|queremos)( mais)? (receber|ser) .{0,20}(e-?mails?|mensagens|newsletter|contatad\w|contactad\w)( \w+){0,2}"
    r"|cancelar (a )?(inscrição|subscrição)|descadastrar|remover( da lista)?|sair( da lista)?|não (enviar|quero receber) mais.{0,20}|parar"
    r"|afmelden|uitschrijven|(wil (mij|me) )?(graag )?(afmelden|uitschrijven)( voor .{2,30})?|geen (e-?)?mails? meer|stoppen|verwijder (mij|me).{0,30}"
    r"|(ik )?(wil|wens|wensen) (ik )?(geen|niet) .{0,20}(mails?|nieuwsbrie\w+|berichten)( \w+){0,2}|haal (mij|me) (van|uit).{0,30}|schrijf (mij|me) uit.{0,20}"
    r"|(avregistrera|avprenumerera|avanmäl) mig.{0,30}|(ta|stryk) (bort )?mig.{0,30}|(jag )?vill inte (ha|få) .{0,15}(mail|mejl|e-?post|utskick|nyhetsbrev)\w*( \w+){0,2}|(fjern|slett|meld|afmeld|avmeld) (mig|meg).{0,30}|(jeg )?(vil|ønsker) ikke (ha|have|motta|modtage|få) .{0,15}(mail|e-?post|nyhe[td]sbrev)\w*( \w+){0,2}"
    r"|avregistrera( mig)?|avsluta( prenumeration(en)?)?|avprenumerera|avanmäl(a|an)?|avmeld|meld meg av|afmeld( mig)?|frameld|ei enää|peruuta|poista( minut)?( listalta)?"
    r"|(o )?(wypis|usuń|usuni)\w*( mnie)?.{0,40}(list\w*|baz\w*|adres\w*|newsletter\w*|subskrypc\w+).{0,20}|nie (chcę|życzę sobie|chcemy)( więcej| już)? (otrzymywa|dostawa)\w+ .{0,15}(mail|wiadomo|newsletter|ofert)\w*( \w+){0,2}|(od|vy)hlaste (mě|mne).{0,20}|nechci.{0,15}(dostávat|maily).{0,30}"
    r"|(больше )?не (хочу|хотим|желаю|присылайте|отправляйте)( больше)?( получать| мне)? .{0,15}(пис[еь]м|рассылк|сообщен|реклам)\w*( \w+){0,2}|(удалите|исключите|отпишите) (меня|нас|мой|наш).{0,40}"
    r"|wypisz( mnie)?|wypisać|rezygnuj[eę]|wyrejestruj|usuń( mnie)?.{0,20}|odhlásit( (se|mě))?|odhlašuji|leiratkoz(ás|om)|dezabonare|dezabonează-mă|отписаться|отпишите( меня)?|отписка|стоп|не пишите( мне)?( больше)?|удалите( меня)?.{0,20}|відписатися|απεγγραφή|διαγραφή|abonelikten çık(mak istiyorum)?|çıkar"
    r"|配信停止|購読解除|解除|退会|停止|退订|取消订阅|取消訂閱|수신거부|구독취소|unsubscribe 配信停止|הסר|הסרה|إلغاء الاشتراك)",
    re.IGNORECASE,
)


# Whoever weighs or asks wants something else as well, which a person has to read.
_BUT = re.compile(
    r"\b(but|only|except|instead|unless|until|aber|nur|sondern|außer|mais|sauf|seulement|pero|sólo|solo|salvo|ma|però|mas|apenas|maar|alleen|men|bara|kun|ale|tylko|но|только)\b"
    r"|\b(how|why|wie|warum|comment|pourquoi|cómo|por qué|come|perché|hoe|waarom|jak|как|почему)\b|(?<![a-z])\d{3,}",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"^(hi|hello|hey|dear|good (day|morning|afternoon|evening)|hallo|guten (tag|morgen|abend)|sehr geehrte\w*|lieber?|bonjour|madame|monsieur|hola|buenos d[ií]as|buenas|estimad[oa]s?|ciao|buongiorno|gentil[ei]|salve|olá|prezad[oa]s?|bom dia|beste|geachte|hej|hei|dzień dobry|szanown\w+|dobrý den|здравствуйте|добрый день|уважаем\w+)\b([^\w\n]{1,3}[\w.'’-]{1,20}){0,3}\W{0,3}$",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_][\w.'’ -]{0,40}")


def wants_no_more(said: str, subject: str = "") -> bool:
    """Whether the answer says that she wants no more mail, and nothing else.

    An empty answer counts by its subject, which is how links of the kind mailto: ask.
    """
    words = _unframed(said.strip()) or subject
    if len(words) > _STOP_LENGTH or _BUT.search(words):
        return False
    bare = _bare(words).strip(" -'")
    return bool(bare) and _STOP.fullmatch(bare) is not None


def _unframed(said: str) -> str:
    """Without the line that greets and, below one that only thanks, the name."""
    lines = [line.strip() for line in said[:_MOST].splitlines() if line.strip()]
    if len(lines) > 1 and _GREETS.match(lines[0]) and not _STOP.fullmatch(_bare(lines[0])):
        lines = lines[1:]
    for place, line in enumerate(lines[1:], 1):
        names = lines[place + 1 :]
        if len(names) <= 2 and all(map(_NAME.fullmatch, names)) and not _bare(line):
            return " ".join(lines[:place])
    return " ".join(lines)


def _bare(words: str) -> str:
    """What it says apart from politeness."""
    return " ".join(re.sub(r"[^\w'’\-@ ]", " ", _POLITE.sub(" ", words)).split())


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_IS_WRONG = _any(
    r"wrong (person|address|contact|department|guy)",
    r"not the (right|correct|best|appropriate) (person|contact|address|one)",
    r"(i.m|i am|am|we.re) not (responsible|in charge|involved)",
    r"(no longer|don.t|do not|not) (work|working|employed|with|at)( \w+){0,3} (here|company|there|for|department|any ?more)",
    r"(you (should|may want to|can|could)|please|better|best) (to )?(contact|reach out to|speak (with|to)|talk to|write( to)?|email|ask|forward) (?!me\b|us\b)(my|our|the|mr|ms|mrs|[A-Z]\w+)",
    r"(has|have|she|he) (left|moved on|retired)( the company| from)?",
    r"falsche[rn]? (ansprechpartner|person|adresse|kontakt|empfänger)|nicht (der |die )?(richtige|zuständig|verantwortlich)|wenden sie sich (bitte )?an|zuständig ist|arbeite (hier )?nicht mehr|nicht mehr (bei|im unternehmen)",
    r"pas la bonne personne|mauvaise personne|plus (dans|chez) (l.entreprise|la société)|(contacter|adressez-vous à|voir avec) (mon|ma|notre|m\.|mme)|ne suis pas (responsable|en charge|le bon)",
    r"persona equivocada|no soy la persona|contacto equivocado|ya no trabajo|contacte (con|a) mi",
    r"persona sbagliata|non sono (la persona|io|il responsabile)|non lavoro più|contattare il mio",
    r"pessoa errada|não sou (a pessoa|o responsável)|verkeerde persoon|niet de juiste persoon|werk hier niet meer|fel person|inte rätt person|forkert person|feil person|niewłaściwa osoba|nie jestem (właściwą|odpowiednią)|не тот человек|не по адресу|больше не работа",
)
_IS_NO = _any(
    r"not (at all |really )?interested|no (longer )?interest(ed)?\b|uninterested",
    r"\b(no,? thanks?( you)?|no thank|nope|pass on this|we.ll pass|i.ll pass|have to (decline|pass)|must decline|decline your)",
    r"(not|don.t|do not|no) (a fit|a good fit|the right fit|need(ed)?( this| it| any)?|require|want|looking)|no need|not for (us|me)|won.t be (moving|going|proceeding)|not (moving|going|proceeding) (forward|ahead)|(already|happy) (have|with|use|using|chose|chosen|went|signed|our (current|existing))|went with (another|someone|a different|your competitor)|please (stop|remove|unsubscribe|do not|don.t)|stop (e-?mailing|contacting|writing)|(do not|don.t) (contact|write|e-?mail)|take me off|remove me|unsubscribe",
    r"kein(e|en)? (interesse|bedarf)|nicht interessiert|nein,? danke|brauchen (wir|ich) nicht|(haben|nutzen) (wir |ich )?(bereits|schon)|kommt (für uns |für mich )?nicht in ?frage|absagen|bereits (anderweitig|vergeben|versorgt)|keine weiteren (mails|e-mails|nachrichten)|anders entschieden",
    r"(pas|plus|aucun) (intéress|d.intérêt|besoin)|non,? merci|ne (nous |m.)?(sommes|suis|est) pas intéress|ne donnerons pas suite|déjà (un|équip|pourvu)",
    r"no (me|nos) interesa|no,? gracias|no (estamos|estoy) interesad|no (lo )?necesit|ya (tenemos|contamos)|sin interés",
    r"non (mi|ci) interessa|no,? grazie|non (sono|siamo) interessat|non ne (ho|abbiamo) bisogno|abbiamo già",
    r"não (tenho|temos) interesse|não,? obrigad|sem interesse|não (estou|estamos) interessad|já temos",
    r"geen interesse|niet geïnteresseerd|nee,? (dank|bedankt)|inte intresserad|nej,? tack|inget intresse|ikke interesse|nei,? takk|nej,? tak|ei kiitos|emme ole kiinnostun|nie (jestem|jesteśmy) zainteresowan|nie,? dziękuj|nemám(e)? zájem|nem érdekel|не интересно|не интересует|нет,? спасибо|не заинтересован|не актуально|ilgilenmiyor|興味(が|は)?(ない|ありません)|不要です|结构です|不感兴趣|不需要|관심 ?없",
)
_IS_LATER = _any(
    r"not (right |just )?(now|yet|at (the|this) (moment|time|point|stage)|this (year|quarter|month|week)|a (good|great|the right) time|currently|ready)|no time (right )?(now|at the moment|currently)|bad tim(e|ing)|timing is(n.t| not)",
    r"\b(maybe|perhaps|possibly|probably)? ?(later (this|in|on)|next (year|quarter|month|spring|summer|autumn|fall|winter|fiscal)|in (a few|some|two|three|six|\d+) (weeks|months)|after (the )?(summer|holidays?|vacation|new year|christmas|easter|budget))|(reach out|get back|check (back|in)|contact (me|us)|call (me|us)|touch base|follow up|write|come back|revisit|talk|try) .{0,40}\b(again|later|in (a few|some|two|three|six|\d+|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4])|next (year|quarter|month|week))|\b(too|very|pretty|really|super) busy|on hold|budget .{0,30}(next|frozen|spent|gone)|no budget|in q[1-4]\b",
    r"(derzeit|momentan|aktuell|zurzeit|zur zeit|im moment|gerade|jetzt|dieses jahr|noch) (leider )?(nicht|kein|keine|keinen|ungünstig)|nicht (jetzt|dieses jahr|im moment|derzeit|aktuell)|später (noch|wieder|im)|(erst )?(nächste[ns]?|kommende[ns]?) (jahr|quartal|monat|woche)|in (ein paar|einigen|zwei|drei|sechs|\d+) (wochen|monaten)|melden sie sich .{0,40}(wieder|noch ?mal|später|erneut)|kein budget|nach (dem|den|der) (urlaub|ferien|sommer)|(im|ab) (januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)\b.{0,40}(wieder|noch ?mal|melden|sprechen)",
    r"pas (pour l.instant|maintenant|en ce moment|actuellement|tout de suite|le moment)|plus tard|(l.année|le mois|le trimestre) prochaine?|recontacte[rz]|revenez vers (moi|nous)|dans (quelques|deux|trois|six|\d+) (semaines|mois)|à la rentrée|pour le moment (pas|non)",
    r"(ahora|por ahora|de momento|por el momento|actualmente) no|no (ahora|por el momento|en este momento|es (un )?buen momento)|más adelante|más tarde|(el|la) próxim[oa] (año|mes|trimestre|semana)|(en|dentro de) (unos|dos|tres|seis|\d+) meses",
    r"(non|no) (ora|adesso|al momento|in questo momento)|al momento non|per ora no|più avanti|più tardi|(l.anno|il mese|la settimana) prossim[oa]|tra (qualche|due|tre|sei|\d+) mesi|ricontatt",
    r"agora não|no momento não|não (agora|neste momento|no momento)|mais tarde|próximo (ano|mês|trimestre)|nu (even )?niet|momenteel niet|op dit moment niet|volgend (jaar|kwartaal|voorjaar)|volgende (maand|week)|inte (just )?nu|nästa (år|kvartal|månad)|ikke (lige )?nå|ikke (lige )?nu|næste (år|kvartal|måned)|neste (år|kvartal|måned)|ei nyt|ensi vuonna|nie teraz|w przyszłym (roku|miesiącu)|teď ne|příští (rok|měsíc)|majd (később|jövőre)|не сейчас|позже|в следующем (году|месяце|квартале)|şimdi değil|gelecek (yıl|ay)|今は|来年|また今度|现在不|明年|以后|나중에|내년",
)
_IS_INTERESTED = _any(
    r"\b(very |really |definitely |quite |certainly |also )?(i.m|i am|we.re|we are|am|are|would be|be|i.d be) (very |really |definitely |quite |certainly |also |indeed )*(interested|keen|happy|glad|curious|open|excited)|\binterested\b|sounds? (good|great|interesting|perfect|like)|(looks?|very|pretty|really) (good|great|interesting|promising)|love to|would (like|love)|i.d like|we.d like|let.s (talk|chat|meet|speak|schedule|set|do|connect|go|book|have)|(please|feel free to|do) (send|call|share|give me a call|go ahead|book|schedule|forward me|proceed)|call me|give (me|us) a (call|ring)|(send|share|email|forward) (me|us|over|it|the|your|more|some)|(can|could|shall) we (meet|talk|speak|have a|schedule|arrange|set|book|do)|(book|schedule|set up|arrange) (a|the|some) (call|meeting|demo|time|appointment)|works for (me|us)|(monday|tuesday|wednesday|thursday|friday|tomorrow|next week|\d{1,2}(:\d\d)? ?(am|pm)) .{0,30}(works|suits|is (good|fine|perfect|ok)|would (work|be))|i (want|need) (a |the |to (know|see|buy|order|learn|try|get|book))|go ahead|count me in|sign (me|us) up|^\W*(yes|sure|absolutely|yep|ok(ay)?|definitely|of course|great|perfect|deal)\b|\byes,? (please|i|we|let|that)|looking forward|when (can|could|are|would) (we|you)|how do (i|we) (get started|sign up|order|proceed|buy)|more (info|information|details)",
    r"(sehr |wirklich |grundsätzlich )?interessiert|(habe|haben|hätte|besteht) (großes |durchaus |grundsätzlich )?interesse|klingt (gut|interessant|spannend|super|toll|vielversprechend)|(gerne?|sehr gern)\b|rufen sie (mich|uns)|(schicken|senden) sie (mir|uns)|(vereinbaren|machen) (wir )?(einen|ein) termin|terminvorschl|passt (mir|uns|gut|bei)|freue mich|^\W*(ja|klar|natürlich|einverstanden|prima|super|perfekt)\b|mehr (informationen|infos|erfahren)|lassen sie uns|würde(n)? (ich|wir) (uns )?(gern|freuen)|angebot (zu|zukommen|senden|schicken)",
    r"(suis|sommes|serais|serions|très|bien) (très |bien |vivement )?intéressée?s?|m.intéresse|nous intéresse|avec plaisir|volontiers|appelez[- ](moi|nous)|envoyez[- ](moi|nous)|(prendre|fixer|convenir d.un) rendez-vous|ça (me|nous) (va|convient|intéresse)|^\W*(oui|d.accord|parfait|bien sûr)\b|plus d.informations|en savoir plus|faire un (point|appel)|un devis",
    r"(me|nos) interesa|(estoy|estamos|muy) (muy )?interesad[oa]s?|suena (bien|interesante)|con (mucho )?gusto|llámeme|llámame|env[ií](e|a)(me|nos)|(agendar|concertar|programar) una|^\W*(sí|si,|claro|perfecto|de acuerdo|vale)\b|más (información|detalles)|me (gustaría|encantaría)|nos gustaría|un presupuesto",
    r"(mi|ci) interessa|(sono|siamo|molto) (molto )?interessat[oiae]|volentieri|mi chiami|ci chiami|(mi|ci) (mandi|invii|invi)|(fissare|fissiamo|organizzare) (un|una)|^\W*(sì|certo|perfetto|va bene|d.accordo)\b|(maggiori|più) (informazioni|dettagli)|mi piacerebbe|vorrei|un preventivo",
    r"(tenho|temos) (muito )?interesse|(estou|estamos) (muito )?interessad[oa]s?|gostaria|gostaríamos|(me|nos) (ligue|envie)|pode (ligar|enviar|mandar)|^\W*(sim|claro|perfeito|com certeza)\b|mais (informações|detalhes)|vamos (marcar|conversar|agendar)",
    r"(ben|zijn|zeer|erg) (zeer |erg |wel )?geïnteresseerd|(heb|hebben) (wel |zeker )?interesse|klinkt (goed|interessant)|graag\b|bel (me|mij|ons)|stuur (me|mij|ons)|(afspraak|gesprek) (maken|plannen|inplannen)|^\W*(ja|zeker|prima|akkoord)\b|meer informatie",
    r"(är|er|vi) (mycket |veldig |meget )?(intresserad|interessert|interesseret)|låter (bra|intressant)|gärna|gjerne|gerne|ring (mig|meg)|skicka|send (meg|mig)|kiinnostun|kuulostaa (hyvältä|kiinnostavalta)|soita|jestem zainteresowan|jesteśmy zainteresowani|brzmi (dobrze|ciekawie)|chętnie|proszę (o kontakt|zadzwonić|przesłać)|mám(e)? zájem|zní (dobře|zajímavě)|rád bych|érdekel\b|szívesen|интересно|заинтересован|давайте|позвоните|пришлите|с удовольствием|^\W*(да|tak|ano|igen|evet|kyllä)\b|ilgileniyor|興味(が)?あり|ぜひ|お願い(します|いたします)|感兴趣|有兴趣|可以|请(联系|发)|관심 ?있",
)
_ASKS = _any(
    r"[?？؟;;]\s*($|\n|[A-ZÄÖÜ])",
    r"[?？]",
    r"^\W*(how|what|when|where|which|who|why|can|could|do|does|is|are|will|would|wie|was|wann|wo|welche|wer|warum|können|kann|gibt es|comment|quel|quand|combien|est-ce|cómo|qué|cuándo|cuál|cuánto|come|quale|quando|quanto)\b.{3,200}\?",
    r"\b(question|frage|pregunta|domanda|vraag|fråga|spørgsmål|pytanie|вопрос)[sn]?\b",
    r"how much|wie viel|was kostet|combien|cuánto cuesta|quanto costa|hoeveel kost|ile kosztuje|сколько стоит",
)


def kind_of(said: str, subject: str = "") -> str:
    """What an answer most likely means; empty where the rules see nothing in it.

    What turns us away goes before what sounds friendly ("sounds great, but not now"), for a letter too much
    does more harm than one that waits for a person.
    """
    words = (said.strip() or subject)[:_MOST]
    low = words.replace("’", "'")
    for kind, pattern in (
        (WRONG_PERSON, _IS_WRONG), (NO, _IS_NO), (NOT_NOW, _IS_LATER), (INTERESTED, _IS_INTERESTED),
        (QUESTION, _ASKS),
    ):  # fmt: skip
        if pattern.search(low):
            return _or_question(kind, low)
    return ""


def _or_question(kind: str, words: str) -> str:
    """What sounds friendly and only asks is a question; who proposes to meet while asking is interested."""
    if kind != INTERESTED or not _ASKS.search(words):
        return kind
    return INTERESTED if _MEETS.search(words) else QUESTION


_MEETS = _any(
    r"interested|love to|would (like|love)|i'd like|let's|call me|(can|could|shall) we (meet|talk|speak|have|schedule)|when (can|could|are|would) (we|you)|works for|sounds (good|great)|\byes\b|send (me|us)|book|schedule|how do (i|we) (get started|sign up|order|buy)",
    r"interessiert|interesse|klingt|gerne|termin|rufen sie|schicken sie|senden sie|^\W*ja\b|intéress|avec plaisir|rendez-vous|interesa|interesad|llám|interess|volentieri|graag|gärna|gjerne|chętnie|интерес|давайте",
)
