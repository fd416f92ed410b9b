"""Texts made to show one fault each, or none, and helpers to measure them."""

from __future__ import annotations

from bot.essay.measures import Measure, measure_all
from bot.essay.structure import Structure
from bot.essay.text.parsed_text import ParsedText

# Plain account with things in it; used to pad a fault to the length at which measures speak.
PLAIN = """\
The clinic on Harrow Road had nine rooms and one scanner. Petra ran the front desk, and on Mondays she ran \
the rest of it as well. I came in October as a temp. My first task was to copy 340 paper files into a system \
that nobody had been taught to use.

By December I had finished 112. Petra looked at the pile, then at me, and asked who had told me to type them \
one by one. Nobody had. She showed me the feeder on the big printer, which had been there since 2014, and we \
were done by Friday.

What stayed with me is how long I had been proud of the 112. The agency paid £11.40 an hour, so the clinic \
spent about £1,900 on my pride. When Petra left in spring they gave me her desk, and I kept the feeder next \
to it.
"""

TURNS = """\
It wasn't about the money. It was about respect. I didn't want a title. I wanted a door.

We sold trust, not software. I left not because I was tired but because I was bored. That looks like \
failure. It isn't.
"""

BARE = """\
# Moving on

## The feeling

Something had changed in the way we worked and in the way people spoke to each other when they thought that \
nobody important was listening. Meetings grew longer while decisions grew smaller, and every plan came back \
with more opinions than it had left with. It became hard to say what the work was for, and harder still to \
say so aloud, because saying so would have sounded like complaint and complaint was not how things were done \
there, at least by those who hoped to stay and to be given more of the same.

## The lesson

Growth comes from discomfort, and discomfort comes from honesty, and honesty is a habit which has to be \
learned again after every comfortable period. Looking at it now there was a pattern in all of it, a slow \
movement away from making and toward managing, from doing toward describing. People who find themselves in \
the same place could ask what gives them energy and what takes it away, and then arrange their days with \
that in mind, patiently and without drama, until the balance is better than it was before.
"""

TRENDS = """\
The industry is starting to notice. More companies are hiring for both. Many experts agree that this is new. \
Studies show that people are happier. It is widely believed that titles will go. Everyone knows it.
"""

FILLER = """\
It's worth noting that I was late. The honest answer is that I slept. Needless to say, Petra saw. At the end \
of the day I stayed. To be honest, I actually, really, truly, genuinely, literally and honestly meant to.
"""

STOCK = """\
We had to think outside the box and hit the ground running. It was a win-win at the end of the day, and a \
level playing field. The end result was a free gift, and past history was our final outcome. We gave it \
110%.
"""

DASHES = """\
I came in — late — and sat down. Petra — as ever — said nothing. The scanner — new — hummed -- or coughed. \
It was five — no, six. Then — at last — lunch.
"""

TRIADS = """\
The work was slow, hard, and thankless. We were tired, cold and hungry. It took patience, courage, and \
faith. She was kind, firm, and fair. They asked for speed, quality, and silence. I brought energy, warmth, \
and order. The days felt long, grey and empty. Nothing seemed clear, safe, or simple.
"""

OPENERS = """\
Every desk was full. Every phone rang. Every form came back. Petra smiled at the door.

More patients came. More files went missing. More of us stayed late. Then the lights went out.
"""

ENDINGS = """\
# After

## Who should do this

Petra left in March and took the plant from window 3.

If you're in a clinic now and you recognise the pile, ask who owns the printer.

The industry is going to change, and the future belongs to feeders.

Looking back, the pile was the job.

I'm glad I stayed. What would you have done in my place?
"""

METRONOME = " ".join(f"The man in room {number} asked for his file again." for number in range(1, 25))

GERMAN = """\
Als ich im Herbst in die Klinik kam, war der Stapel schon da. Niemand hatte mir gesagt, dass ich die Akten \
einzeln abtippen sollte, und niemand hatte mir gesagt, dass ich es nicht sollte. Frau Petersen lachte, als \
sie es sah, und zeigte mir den Einzug am Drucker. Wir waren am Freitag fertig. Was mir geblieben ist, war \
nicht die Scham, sondern der Stolz auf die Akten, die ich schon geschafft hatte. Die Agentur zahlte wenig, \
aber die Klinik zahlte viel. Im Frühling ging Frau Petersen fort, und ich bekam ihren Tisch. Der Drucker \
steht noch immer daneben, und manchmal, wenn es ruhig ist, höre ich ihn summen. Es war kein großer Beruf, \
aber es war meiner, und ich habe ihn behalten, solange es ging, und dann noch ein Jahr länger. Danach kam \
eine andere Klinik, ein anderer Stapel, eine andere Frau am Empfang, und alles begann noch einmal von vorn.
"""


def measured(text: str, structure: Structure | None = None) -> dict[str, Measure]:
    """The measures of a text by key."""
    return {result.key: result for result in measure_all(ParsedText(text), structure)}


def raised(text: str) -> set[str]:
    """The keys of the measures that are raised on a text."""
    return {key for key, result in measured(text).items() if result.is_raised}
