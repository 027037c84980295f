"""Canned answers: whole texts that are awkward somewhere, and texts put together from awkward pieces."""
import random

WHOLE = [
    "", " ", "\n", "\r\n", "\t\n \u3000\u2028", "a", ".", "*", "**", "***", "******", "\"", "\"\"", "\" \"", "-", "[]",
    "{}", "null", "```json\n{\"a\": 1}\n```", "```JSON\n[1, 2,]\n```", "```\n\"x\"\n```", "{\"a\": NaN, \"b\": -Infinity}",
    "[1e5, -0.5, 0, 01]", "{\"a\": \"\\ud800\"}", "{\"a\": \"tab\tin it\"}", "{\"a\":1}{\"b\":2}", "```json```", "1" * 4301,
    "-", "-1.", "{'a': 1}", "[" * 40 + "]" * 40, "\ufeff{}", "{\"a\" : [true , false , null ] }", "\"\\u12g4\"", "[1,\n2]",
    "hello world. this is a test of the lower case checker, and it is english.",
    "HELLO WORLD. THIS IS A TEST OF THE CAPITAL LETTERS CHECKER AND IT IS ENGLISH.",
    "THIS IS ENGLISH MIT DEUTSCHEN WÖRTERN UND STRASSE", "straße und öl, alles klein geschrieben auf deutsch",
    "Hello World", "12345 67890 !!!", "привет мир, это русский текст без заглавных букв", "你好,世界。这是中文。",
    "नमस्ते दुनिया। यह हिन्दी में लिखा हुआ एक वाक्य है।", "مرحبا بالعالم هذا نص باللغة العربية", "안녕하세요 세계 이것은 한국어입니다",
    "Xin chào thế giới, đây là tiếng Việt.", "Hii ni lugha ya Kiswahili na ni nzuri sana.", "Ciao mondo, questo è italiano.",
    "ಕನ್ನಡದಲ್ಲಿ ಬರೆದ ಒಂದು ವಾಕ್ಯ", "ਪੰਜਾਬੀ ਵਿੱਚ ਇੱਕ ਵਾਕ", "Das ist ein deutscher Satz. Er ist kurz.", "یہ اردو میں ایک جملہ ہے۔",
    "Tämä on suomenkielinen lause.", "ఇది తెలుగు వాక్యం", "นี่คือประโยคภาษาไทย", "এটি একটি বাংলা বাক্য", "આ ગુજરાતી વાક્ય છે",
    "Olá mundo, isto é português.", "Това е изречение на български език.", "यह नेपाली होइन तर यो नेपाली वाक्य हो।", "मराठी भाषेतील वाक्य आहे",
    "https://example.com/a?b=c me@example.com", "* one\n* two\n* three", "- one\n- two\n  - three\n---\n", "*\n*\n*x\n**bold**",
    "* a\r\n* b\r\n* c", "\n\n\n* a\n\n\n- b\n\n", "*a* **b** ***c*** * d * ** e ** ****", "<<title>>", "<< >>", "<<<>>>", "<<a\n>>",
    "text <<Title of it>> more >> <<", "<<<<x>>>>", "P.S. bye", "p. p. s bye", "P.P.S bye", "P.\u00a0S. bye", "ps.", "P.S", "p.p.\ns",
    "\"quoted\"", "  \"quoted with space\"\n", "“curly”", "My answer is yes.", "my answer is yes.", "So: My answer is maybe. ok",
    "first\n\nsecond\n\nthird\n\nfourth", "first\n\n\n\nsecond\n \n\nthird", "'\"Word, then\n\nWeekend is here\n\n'it's so",
    "one *** two *** three", "***one***two", "one\n***\ntwo\n***\nthree\n***\nfour", "one ****** two", "one******two******",
    "******one******two******", "one ****** one", "a****** ******b", "SECTION 1\nx\nSECTION 2\ny", "Section 1 a Section2 b Section\u0663 c",
    "PARAGRAPH 1 PARAGRAPH 2", "Day 1: x. Day 2: y. Day 3: z", "[address] [name] [a\nb] [[x]] [] [", "[a] " * 20,
    "Mr. Smith went to Washington. He arrived at 5 p.m. on Friday! Really?", "Wait... What? No! \"Yes.\" she said. (Done.) Next",
    "He said “Hi there.” Then left. U.S. Army. J. R. Bach. Version 2.5. End", "1. First item\n2. Second item\nNo end", "!!!???...",
    "NASA and the FBI can't won't I'LL DON'T 'TIS CANNOT GIMME A U.S.A. I/O X-RAY É 123 A1", "I I I I I I I I I I I I",
    "ΑΒΓΣ ΣΑΣ ς", "İstanbul IŞIK ı", "ſtop Kelvin", "word\x00nul", "a\x1cb\x1dc\x85d\u2028e\u2029f", "👍🏽 emoji 👩‍👩‍👧 ok", "e\u0301 a\u0323\u0302",
    "Is there anything else I can help with?", "text. Is there anything else I can help with?\"", "is there ANYTHING else i can help with?  \n",
    "word " * 300, "word, " * 120, "Sentence here. " * 45, "\n".join("line %d" % i for i in range(12)), "tttttt oooooo qqqqq zzzz ####!!!!",
]

PIECES = [
    " ", " ", " ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u3000", "\u2028", "\x1c", "\x85", "\u200b", "a", "the", "The", "THE", "cat", "Dog.",
    "HELLO", "don't", "can't", "cannot", "it's", "Mr.", "Dr. Smith", "e.g.", "U.S.", "i.e.,", "J. R.", "No. 5", "3.14", "1,000", "5.", "...", ". . .",
    "--", "-", "- x", "* y", "*", "**", "***", "******", "*em*", "**strong**", "[x]", "[", "]", "<<T>>", "<<", ">>", "P.S.", "P.P.S", "p.p.s",
    "Section 1", "SECTION 2", "Section\u0664", "PARAGRAPH 3", "Day 2", "Audience 1", "\"", "'", "''", "``", "“", "”", "‘", "’", "«", "»", "(", ")", "{", "}",
    ",", ";", ":", "!", "?", ".", "?!", "!!", "$5", "%", "&", "@", "#", "~", "/", "\\", "é", "É", "ß", "İ", "ı", "ſ", "K", "Σ", "ς", "ǅ", "中文", "日本", "\u0967",
    "½", "Ⅷ", "ª", "👍", "\u0301", "\u2013", "\u2014", "My answer is no.", "{\"a\": 1}", "```", "```json", "null", "yes", "word", "Word", "WORD", "x" * 30,
]


def mixed(rng, extra=()):
    """1 to 40 pieces, some of them of `extra` (keywords and the like)."""
    pool = PIECES + [e for e in extra for _ in range(8)]
    return "".join(rng.choice(pool) + rng.choice(["", " ", "", "\n", " "]) for _ in range(rng.randint(1, 40)))


def answers(seed, n_mixed, extra=()):
    rng = random.Random(seed)
    return WHOLE + [mixed(rng, extra) for _ in range(n_mixed)]
