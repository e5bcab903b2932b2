"""Words that say how something is asked, not what is asked for, in languages other than English.

Those of the languages in Latin script are also what tells such a language from English. tantivy has lists of stop words
for most of these; the words of questions, which they lack, are added here. The list of English is in
`rag.stores.tantivy_index`.
"""

from __future__ import annotations

import functools

import tantivy

# By ISO 639-1 code. Those without a list of tantivy have the most frequent words too.
_ASKING = {
    "da": "hvem hvad hvor hvornår hvorfor hvordan hvilken hvilket hvilke mange meget",
    "de": "wer wen wem wessen was wo wann warum weshalb wieso wie wohin woher welche welcher welches welchen wieviel viel "
    "viele wurde wurden gibt ist sind sagte sagt sagten",
    "es": "quién quien quiénes qué cuándo dónde cómo cuál cuáles cuánto cuánta cuántos cuántas por fue es son hay dijo dice",
    "fi": "kuka mikä missä milloin miksi miten kuinka moni paljon",
    "fr": "qui que quoi quel quelle quels quelles quand où comment pourquoi combien est sont était ont il elle t y "
    "lequel laquelle cela ça dit",
    "hu": "ki mi hol mikor miért hogyan hány mennyi melyik",
    "it": "chi che cosa cos quando dove come perché quale quali quanto quanta quanti quante è sono stato stata detto dice",
    "nl": "wie wat waar wanneer waarom hoe welke welk hoeveel is zijn werd werden zei zegt",
    "no": "hvem hva hvor når hvorfor hvordan hvilken hvilket hvilke mange mye",
    "pt": "quem que quê quando onde como porque qual quais quanto quanta quantos quantas é são foi há disse diz",
    "sv": "vem vad var när varför hur vilken vilket vilka många mycket",
    "pl": "kto kogo komu co czego gdzie kiedy dlaczego jak jaki jaka jakie ile który która które czy jest są był była "
    "było i w na z o do się nie od po przez dla",
    "cs": "kdo koho co čeho kde kdy proč jak jaký jaká jaké kolik který která které je jsou byl byla bylo a v na z o do "
    "se ne od po pro",
    "tr": "kim kimi kimin ne nerede nereye zaman neden niçin nasıl hangi kaç mi mı mu mü ve bir bu için ile da de",
    "ro": "cine ce unde când cum care cât câți câte este sunt a fost și în la de pe cu nu să",
    "id": "siapa apa mana kapan mengapa kenapa bagaimana berapa yang di dari dan untuk dengan adalah itu ini",
    "ru": "кто кого кому кем что чего чему чем где куда откуда когда почему зачем как какой какая какое какие каков "
    "какова каково каковы сколько который которая которые ли это был была было были есть будет после против через о "
    "об про чья чей такой такая такое такие является сказал сказала говорит сообщил сообщила",
    "uk": "хто кого що чого де куди коли чому як який яка яке які скільки чи це був була було були є буде після проти "
    "через про у в на з і та до за від не",
    "bg": "кой кого какво къде кога защо как коя кое кои колко ли е са беше бяха ще след срещу за и в на с от не се да",
    "el": "ποιος ποια ποιο ποιοι ποιες ποιον ποιαν ποιους τι που πότε ποτε πού πώς πως γιατί πόσο πόση πόσοι πόσες πόσα "
    "πόσους ο η το οι τα του της των τον την τους τις στο στη στον στην στους στις στα και με για από κατά σε να θα είναι "
    "ήταν είπε λέει δήλωσε έχει έχουν μου σου δεν ένας μια ένα αν ή",
    "he": "מי מה איפה היכן מתי למה מדוע איך כיצד כמה איזה איזו אילו האם של את על עם הוא היא היה הייתה הם זה זו אל לא",
    "ar": "من ما ماذا متى أين كيف لماذا لم كم أي أية هل هو هي هم في على إلى عن مع هذا هذه ذلك التي الذي كان كانت و أن لا "
    "بعد ضد قد",
    "fa": "چه کی چی کسی کسانی چیزی کجا کجاست کیست چیست چرا چگونه چطور چقدر چند کدام آیا با به در از را که و این آن برای "
    "درباره است بود شد شدند شده می کرد کردند دارد داشت گفت رفت ها های هم یک علیه روی تا نیز کنیم",
    "ur": "کون کیا کب کہاں کیوں کیسے کتنا کتنی کتنے کس کا کی کے کو نے میں سے پر ہے ہیں تھا تھی تھے اور یہ وہ",
    "hi": "कौन किस किसने किसके किसकी किसको किसे क्या कब कहां कहाँ क्यों कैसे कैसा कैसी कितना कितनी कितने का की के को ने में से पर "
    "है हैं था थी थे हुआ हुई हुए हो गया गई गए और यह वह एक भी कि तक बारे दिया किया होता रहेगा कहा कहते कहता",
    "ko": "누가 누구 누구를 누구에게 무엇 무엇을 무엇이 무엇이라고 말했나 말했다 말했습니까 무슨 언제 어디 어디에 어디에서 어디인가요 어디입니까 왜 어떻게 어떤 "
    "어때요 얼마 얼마나 얼마인가요 얼마였습니까 몇 했나 했나요 하나요 인가요 입니까 대해 대한 알려 주세요 및 그 이 저 것은 사람은",
}  # fmt: skip
# Languages without spaces between words: these are cut out of a question before its letters are paired.
UNSPACED = {
    "zh": "什么 甚麼 什麼 时候 時候 为什么 為什麼 为何 谁 誰 哪里 哪裡 哪儿 哪些 哪个 哪 怎么 怎麼 怎样 如何 多少 几 嗎 吗 呢 的 了 是 "
    "在 对 對 和 与 被 把 会 會 有 吧 这 那 也 都 多长 多久 多 作出 请问 关于 說 说",
    "ja": "誰 何 どこ いつ なぜ どう どの どれ いくら いくつ ですか ますか でしたか ましたか について とは は が を に の で と も へ から まで "
    "です ます した する",
    "th": "อะไร เมื่อไร เมื่อไหร่ ที่ไหน ทำไม ใคร อย่างไร ยังไง เท่าไร เท่าไหร่ ไหม หรือไม่ หรือ ใช่ไหม ใช่ เกี่ยวกับ เรื่อง จึง และ ของ ที่ "
    "เป็น คือ มี ใน จาก ได้ ว่า ถูก ให้ กับ การ ถึง",
}  # fmt: skip
_TANTIVY = {
    "da": "danish", "de": "german", "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ru": "russian", "sv": "swedish",
}  # fmt: skip
SPACED = tuple(_ASKING)


@functools.cache
def function_words(language: str) -> frozenset[str]:
    """Return the words of a language, by its ISO 639-1 code, in small letters; none for a language without a list."""
    return frozenset((_ASKING.get(language) or UNSPACED.get(language, "")).split())


def without_function_words(words: list[str], language: str) -> list[str]:
    """Return the words, in small letters, that say what is asked for."""
    own = function_words(language)
    rest = [word for word in words if word not in own]
    stop = _stop_words(language)
    return [word for word in rest if stop.analyze(word)] if stop else rest


@functools.cache
def _stop_words(language: str) -> tantivy.TextAnalyzer | None:
    """Return what leaves out the stop words that tantivy has for a language."""
    if language not in _TANTIVY:
        return None
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return words.filter(tantivy.Filter.stopword(_TANTIVY[language])).build()
