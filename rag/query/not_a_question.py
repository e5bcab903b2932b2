"""What is typed and is no question: signs without words, greetings, and instructions to a machine.

Nothing is searched for these, since any passage would be as good as another. Each rule looks at a whole text, or at its
beginning: what only mentions a greeting or an instruction is a question ("Who said hello to the press?").
"""

from __future__ import annotations

import regex

NO_WORDS, GREETING, INSTRUCTION = "no words", "greeting", "instruction"
NO_SUBJECT = "no subject"  # only words that say how something is asked: "Who is it?"

_SIGN = regex.compile(r"[0-9#*]\ufe0f?\u20e3|\p{Extended_Pictographic}")
_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")

_WHOM = (
    r"(?:there|all|everyone|everybody|again|according|bot|chatbot|assistant|computer|friends?|guys|folks|sir|madam|dear|"
    r"ai|robot|machine)"
)
_GREETINGS = (
    rf"(?:hi|hello|hey|hallo|howdy|hiya|yo|greetings|welcome)(?:\s+{_WHOM})*",
    rf"good\s*(?:morning|afternoon|evening|day|night|bye)(?:\s+{_WHOM})*",
    rf"(?:bye|see you|see ya|farewell)(?:\s+(?:bye|later|soon|{_WHOM}))*",
    rf"(?:many\s+)?thanks?(?:\s+(?:you|a lot|so much|very much|{_WHOM}))*",
    r"how\s+(?:are|r)\s+(?:you|u)(?:\s+(?:doing|today))*|how\s+do\s+you\s+do|how['’]?s\s+it\s+going|what['’]?s\s+up|sup",
    r"who\s+are\s+you|what\s+are\s+you|what\s+can\s+you\s+do|are\s+you\s+(?:there|human|real|an?\s+(?:bot|ai|robot|human))",
    r"(?:nice|pleased)\s+to\s+meet\s+you|ok(?:ay)?|please|(?:please\s+)?help(?:\s+me)?|test(?:ing)?",
    # other languages
    r"guten\s+(?:tag|morgen|abend)|servus|moin|danke(?:\s+schön)?|wie\s+geht(?:\s+es|['’]?s)(?:\s+(?:dir|ihnen))?|tschüss?",
    r"bonjour|bonsoir|salut|merci(?:\s+beaucoup)?|comment\s+(?:ça|ca)\s+va|comment\s+allez[- ]vous|au\s+revoir",
    r"hola|buen[oa]s\s+(?:días|dias|tardes|noches)|(?:muchas\s+)?gracias|(?:qué|que)\s+tal|cómo\s+est[áa]s?|adiós",
    r"ciao|buon(?:giorno|asera)|grazie|come\s+stai|ol[áa]|bom\s+dia|boa\s+(?:tarde|noite)|obrigad[oa]|hoi|goedemorgen|"
    r"goedendag|dank\s+je(?:\s+wel)?|merhaba|selam|teşekkürler|cześć|dzień\s+dobry|dziękuję|hej|tack",
    r"привет|здравствуй(?:те)?|добр(?:ый|ое|ая)\s+(?:день|утро|вечер)|спасибо|как\s+дела|пока",
    r"γεια(?:\s+σ(?:ου|ας))?|καλημέρα|καλησπέρα|ευχαριστώ|τι\s+κάνεις",
    r"سلام|درود|مرحبا|أهلا|اهلا|السلام\s+عليكم|سلام\s+علیکم|صباح\s+الخير|صبح\s+بخیر|شكرا|شکرا|متشکرم|ممنون|مرسی|"
    r"حال\s+شما\s+چطور(?:ه|\s+است)|چطوری|خوبی|كيف\s+حالك",
    r"שלום|בוקר\s+טוב|תודה|मस्ते|नमस्ते|नमस्कार|धन्यवाद|आप\s+कैसे\s+हैं|สวัสดี(?:ครับ|ค่ะ)?|ขอบคุณ(?:ครับ|ค่ะ)?",
    r"你好(?:吗|嗎)?|您好|早上好|晚上好|谢谢|謝謝|こんにちは|おはよう(?:ございます)?|こんばんは|ありがとう(?:ございます)?|"
    r"안녕(?:하세요|하십니까)?|감사합니다|고마워요?",
)
_GREETING = regex.compile(
    rf"(?:[^\p{{L}}\p{{N}}]*+(?:{'|'.join(_GREETINGS)})(?![\p{{L}}\p{{N}}]))+[^\p{{L}}\p{{N}}]*", regex.I
)

_POLITE = r"(?:please\s+|now\s+|can\s+you\s+|could\s+you\s+|would\s+you\s+|i\s+want\s+you\s+to\s+|you\s+must\s+)*"
_OWN = (
    r"(?:all|any|every|each|of|the|these|those|this|that|your|my|previous|prior|above|earlier|preceding|following|"
    r"system)"
)
_RULES = (
    r"(?:instructions?|prompts?|rules?|messages?|guidelines?|directions?|directives?|commands?|contexts?|programming|"
    r"training|restrictions?|constraints?|settings?|safeguards?)"
)
_WRITING = (
    r"(?:poem|poems|haiku|limerick|sonnet|song|lyrics|rap|essay|story|tale|novel|joke|riddle|e-?mail|letter|code|script|"
    r"program|function|class|regex|sql|python|javascript|html|css|blog\s+post|tweet|speech|article|"
    r"paragraph|sentence|recipe|translation|cover\s+letter|cv|resume|image|picture)"
)
_INSTRUCTIONS = (
    rf"(?:ignore|disregard|forget|override|bypass|drop|skip)\s+(?:{_OWN}\s+)+{_RULES}",
    r"(?:ignore|disregard|forget|override)\s+(?:everything|anything|all|what)\s+(?:of\s+|that\s+)?"
    r"(?:(?:was|is|i|you)\s+)?"
    r"(?:above|before|previous(?:ly)?|earlier|said|told|were\s+told|have\s+been\s+told|so\s+far)",
    rf"(?:reveal|print|show|repeat|output|display|tell|give|leak|dump)\s+(?:me\s+|us\s+)?(?:{_OWN}\s+)*"
    rf"(?:(?:system|hidden|secret|initial|developer)\s+)+(?:{_RULES}|text)",
    rf"(?:reveal|print|show|repeat|output|display|tell|give|leak|dump)\s+(?:me\s+|us\s+)?(?:all\s+)?(?:of\s+)?your\s+{_RULES}",
    rf"(?:write|compose|generate|draft|create|invent|make\s+up|make|produce|sing|tell)\s+(?:me\s+|us\s+)?"
    rf"(?:an?|some|another|the|one|two|three|five|ten|\d+)\s+(?:[\p{{L}}-]+\s+){{0,2}}?{_WRITING}(?!\s+(?:says?|said|reports?))",
    r"(?:translate|summari[sz]e|paraphrase|rewrite|rephrase|proofread|correct|continue|complete)\s+"
    r"(?:this|that|it|the\s+following|(?:the|my|these|this)\s+(?:text|sentences?|paragraphs?|words|letter|essay|email))",
    r"(?:act|behave|respond|answer|reply|speak|talk)\s+(?:as|like)\s+(?:if|though|an?|my|the)",
    r"(?:pretend|imagine)\s+(?:to\s+be|(?:that\s+)?you(?:['’]re|\s+are|\s+were|\s+can))|role-?play|from\s+now\s+on",
    r"you\s+are\s+(?:(?:now|no\s+longer)\s+(?:an?|the|my|in|free|called|bound|restricted|limited|dan)|going\s+to\s+act)|enter\s+(?:developer|debug|admin|dan|god)\s+mode|"
    r"(?:enable|activate)\s+(?:developer|debug|admin|dan|god)\s+mode",
    r"(?:do|run|execute|perform)\s+(?:the\s+following|this\s+(?:command|code|script))|sudo\s+\w|system\s*:\s*(?:you|ignore|from|new)|"
    r"<\|?\s*(?:system|im_start)|\[/?inst\]|#+\s*(?:system|instructions?)\b",
    # other languages
    r"(?:ignorier|vergiss|missacht)\w*\s+(?:\p{L}+\s+){0,3}(?:anweisung|instruktion|regel|befehl|prompt)\p{L}*",
    r"(?:ignore[zr]?|oublie[zr]?)\s+(?:\p{L}+\s+){0,3}(?:instructions?|consignes?|règles?)",
    r"(?:ignora|olvida)\s+(?:\p{L}+\s+){0,3}(?:instrucciones|reglas|istruzioni)",
    r"(?:schreib|dicht)e?\s+(?:mir\s+)?(?:ein|eine|einen)\s+(?:\p{L}+\s+)?(?:gedicht|geschichte|aufsatz|witz|lied)",
    r"(?:écri[st]|écrivez)(?:[- ]moi)?\s+une?\s+(?:\p{L}+\s+)?(?:poème|histoire|chanson|blague|lettre)",
    r"escribe(?:me)?\s+una?\s+(?:\p{L}+\s+)?(?:poema|historia|canción|chiste|carta)",
    r"(?:игнорируй|забудь)\p{L}*\s+(?:\p{L}+\s+){0,3}(?:инструкци|указани|правил)\p{L}*|напиши(?:те)?\s+(?:мне\s+)?"
    r"(?:\p{L}+\s+)?(?:стих|стихотворение|рассказ|песню|сказку)\p{L}*",
    r"忽略\p{Han}{0,8}(?:指令|指示|说明|提示)|写一(?:首|篇|个)|寫一(?:首|篇|個)",
)  # fmt: skip
_INSTRUCTION = regex.compile(rf"\W*{_POLITE}(?:{'|'.join(_INSTRUCTIONS)})(?![\p{{L}}\p{{N}}])", regex.I)
_SENTENCE = regex.compile(r"[^.!?;؟？。！\n]+[.!?;؟？。！\n]*")
_ASKS = regex.compile(r"[?؟？;]\s*$")
_QUOTE = "\"'“”„«»‘’‹›「『"


def kind(text: str) -> str | None:
    """Return what a text is that is no question, one of the constants here; None for anything to be searched for.

    Args:
        text: what was typed.
    """
    if not _LETTER_OR_DIGIT.search(_SIGN.sub("", text)):
        return NO_WORDS
    if _GREETING.fullmatch(text):
        return GREETING
    if text.lstrip()[:1] in tuple(_QUOTE) or not _INSTRUCTION.match(text):
        return None
    _, *others = _SENTENCE.findall(text)
    asks = (each for each in others if _ASKS.search(each) and not _INSTRUCTION.match(each))
    return None if any(asks) else INSTRUCTION
