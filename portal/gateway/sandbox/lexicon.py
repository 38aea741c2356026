"""General English: which words and phrases stand for which concern, and which words mean the same.

Every cue is written as ``phrase:weight``; without a weight it counts 1. ``names`` are the words
by which a label or a
field may call the concern, ``core`` the few words that even a weak reader knows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from portal.gateway.sandbox.words import Sentence, Speller, stem, words


@dataclass(frozen=True, slots=True)
class Concept:
    """One concern that texts are about, with the words that speak for it."""

    names: str
    core: str
    cues: str
    foreign: str = ""


CONCEPTS: Mapping[str, Concept] = {
    "refund": Concept(
        names="refund refunds reimbursement reimburse moneyback chargeback",
        core="refund refunds money charged payment",
        cues="""
            refund:3; refunded:3; reimburse:3; reimbursement:3; chargeback:3; money back:3.5;
            cash back:2; pay back:3; paid back:3; pay it back:3.5; pay that back:3.5; get
            back:0.5; give back:1.5; gave me the month back:2; have it back:3; want it back:3.5;
            have the money:2; send the money:3; return the money:3; the money for:1.5;
            returned:1.5; return it:2.5; return the payment:3; reverse the payment:3; reverse
            the charge:3; reverse this charge:3; credit my:2; credit to my account:2;
            credited:1.5; compensate:2; compensation:2; charged twice:3; billed twice:3; double
            charge:3; double charged:3; double payment:3; charged:1.2; billed:1.2; debited:1.5;
            overcharged:3; wrong charge:2.5; incorrect charge:2.5; wrongly charged:3;
            unauthorized charge:3; unexpected charge:2.5; charge:0.8; took my money:2.5; took
            the fee:2; left my account:1.2; deposit:1; one was too much:2; sum on your
            account:2.5; on my account again:2.5; nothing has arrived:1; didn't use:0.7; paid
            for nothing:2; return of the:1; get my money:3; want my money:3; partial credit:2;
            overpaid:2.5; payment:0.5; waive:1""",
        foreign="""
            rückerstattung:3; rückerstatten:3; geld zurück:3; erstattung:3; erstatten:3;
            abgebucht:1.5; remboursement:3; rembourser:3; remboursé:3; reembolso:3;
            devolución:3; devolver:1.5; rimborso:3; terugbetaling:3""",
    ),
    "cancel": Concept(
        names="cancel cancellation unsubscribe terminate churn",
        core="cancel subscription unsubscribe cancellation",
        cues="""
            cancel:2.5; cancellation:2.5; cancelation:2.5; unsubscribe:3; terminate:2.5;
            termination:2.5; end my subscription:3.5; end my plan:3.5; end the subscription:3.5;
            end my membership:3.5; end the monthly:2.5; end my contract:3.5; end my pro:2.5; end
            my basic:2.5; end it:2; discontinue:2.5; close my account:3; close her account:3;
            close the account:3; delete my account:3; stop my subscription:3; stop my
            membership:3; stop my basic:2.5; stop the subscription:3; stop the payments:2.5;
            stop billing:2; don't renew:3.5; do not renew:3.5; not renew:3; turn off auto
            renewal:3; stop the renewal:3; notice to terminate:3.5; give notice:2.5; period of
            notice:1.5; as notice:1.5; want to leave:2.5; to leave:1; want to be out:2.5; i'm
            out:1.5; i'm done:1.5; opt out:1.5; no longer need:1.5; don't need:1; not need:0.8;
            won't be using:1.5; switch to another provider:1.5; next payment does not go
            through:3; does not go through:1; take me off:2.5; members:0.5; end of contract:2;
            moving on:1; ending my:2; leaving for:1; close down:1; stop my:1.5; shut down my
            account:3; withdraw from the contract:3; won't ride:0.7; goodbye:1""",
        foreign="""
            kündigen:3; kündigung:3; kündige:3; abo beenden:3; résilier:3; résiliation:3;
            annuler:2; désabonner:3; cancelar:3; baja:1.5; disdire:3; disdetta:3; annullare:2;
            opzeggen:3; opzegging:3""",
    ),
    "access": Concept(
        names="password login signin access credentials locked authentication forgot lockout",
        core="password login locked",
        cues="""
            password:2; passwords:2; passcode:2; forgot:1.2; forgotten:1.2; forgot my
            password:4; forgotten my password:4; reset my password:3.5; password reset:3.5; new
            password:2.5; reset link:2; reset mail:2; reset email:2; login:1.5; log in:1.5;
            logging in:1.5; log into:1.5; logged out:1.5; sign in:1.5; signing in:1.5;
            signin:1.5; sign on:1; get in:0.8; let me in:2.5; want in:2; get back in:2.5; get
            into my account:3; get into my:1.5; into my account:2; locked out:3; lock out:2.5;
            locked:0.8; account is locked:3; account locked:3; unlock it:1; unlock my account:3;
            account access:3; regain access:3; access my account:3; access to my account:3;
            access denied:2; restore access:3; restore my access:3; without access:2; recover
            access:3; account recovery:3; recover the login:3; recovery:1; credentials:2.5;
            username:1.5; user name:1.5; authenticator:2.5; authentication:2; two factor:2.5;
            2fa:2.5; second factor:2.5; verification code:2; login code:2.5; codes:0.8; backup
            codes:2.5; pin:1.2; remember:0.6; can't remember:1.5; cannot remember:1.5; don't
            remember:1.5; recall:0.6; hacked:1.5; too many attempts:2.5; wrong password:3;
            invalid password:3; caps lock:2""",
        foreign="""
            passwort:3; kennwort:3; anmelden:2; einloggen:2; mot de passe:3; connexion:1.5;
            connecter:1.5; contraseña:3; iniciar sesión:2; entrar en mi cuenta:2.5;
            wachtwoord:3; inloggen:2; parola d'ordine:3""",
    ),
    "fault": Concept(
        names="bug bugs error fault defect technical crash malfunction broken issue",
        core="bug crash crashes error broken",
        cues="""
            bug:2; bugs:2; crash:2.5; crashes:2.5; crashing:2.5; error:1.5; error message:2;
            errors:1.5; glitch:2; broken:2; freeze:2; freezes:2; frozen:2; hang:1; hangs:1.5;
            stuck:1; fault:1; faulty:1.5; malfunction:1.5; defect:1.5; not working:2; doesn't
            work:2; doesnt work:2; does not work:2; isn't working:2; stopped working:2.5; not
            work:1.5; won't load:2; not load:2; doesn't load:2; not load:1.5; loading:1; won't
            open:2; won't start:2; not open:1; doesn't open:1.5; not sync:2; sync:1.2;
            syncing:1.2; blank:1.5; unresponsive:2; no response:1.5; not respond:1.5; stopped
            reacting:2; nothing happens:2; exception:2; nullpointerexception:3; stack trace:2;
            something went wrong:2; since the update:2; after the update:2; last update:1.2;
            since version:1.5; reinstalled:1.5; installed it again:1.5; restarted:1; cleared the
            cache:1.5; clear the cache:1.5; cache:0.8; wrong language:1.5; out of date:0.5;
            don't show:1.5; not show:1; not shown:1; missing:0.8; disappeared:1.5; duplicates:1;
            slow:0.8; laggy:1.5; lag:1.2; fix:1; fixed:1; repair:1; repaired:1; mend:1; unable
            to edit:2; unable to upload:2; upload:0.8; fails to:1; failed to:1; jumps back:1.5;
            screen:0.6; display:0.7; app:0.3; android:0.8; iphone:0.5; version:0.6;
            overlaps:1.5; unreadable:1.5; black picture:1.5; black on black:1.5; battery:1;
            offset:1.2; hours late:1.2; every time i:0.8; is down:1.2; doesn't focus:1.5; does
            not end:1.2; doesn't stop:1.2; cancels itself:3; cancelled by the app:3; wrong:0.5;
            corrupt:2; corrupted:2; keeps:0.6; negative:0.8; developers:0.5; feature:0.3;
            button:0.4; notifications:0.5; meter:0.4; timeout:1.5; incorrect:0.5; sorted by:0.8;
            instead of by:0.8; useless:0.4; spinning:1.5; never ends:1""",
        foreign="""
            fehler:2; abgestürzt:2.5; abstürzt:2.5; stürzt:2; funktioniert nicht:2.5;
            plante:2.5; bogue:2.5; erreur:2; ne marche pas:2.5; ne fonctionne pas:2.5; mise à
            jour:1.5; no funciona:2.5; errore:2; non funziona:2.5; werkt niet:2.5""",
    ),
    "billing": Concept(
        "billing invoice payment charge finance",
        "invoice bill payment",
        """
            invoice:2.5; bill:2; billing:2.5; payment:1.5; receipt:1.5; credit card:1.5;
            statement:1; charged:2; fee:1; vat:2; tax:1; payment method:2; overdue:1.5;
            refund:1.5; price:0.8; direct debit:2""",
    ),
    "delivery": Concept(
        "delivery shipping shipment logistics order parcel",
        "delivery parcel shipping",
        """
            delivery:2; deliver:2; shipping:2; shipped:2; parcel:2; package:1.5; tracking:2;
            courier:2; arrive:1; arrived:1; late:0.8; order:0.8; address:0.6; not arrived:2;
            damaged:1""",
    ),
    "sales": Concept(
        "sales pricing quote purchase presales lead",
        "price quote buy",
        """
            price:1.5; pricing:2; quote:2; offer:1; discount:1.5; buy:1.5; purchase:1.5; demo:2;
            interested in:2; licences:1; seats:1.5; upgrade:1.5; enterprise:1; how much:1.5;
            trial:0.8""",
    ),
    "positive": Concept(
        "positive praise compliment good satisfied happy promoter",
        "good great happy love",
        """
            good:1; great:1.5; excellent:2; love:2; loved:2; happy:1.5; wonderful:2; amazing:2;
            perfect:2; thank you so much:1.5; pleased:1.5; satisfied:1.5; recommend:1.5; best:1;
            fantastic:2; friendly:1; easy:1; works well:1.5; delighted:2""",
    ),
    "negative": Concept(
        "negative complaint bad unsatisfied unhappy angry detractor",
        "bad terrible angry worst",
        """
            bad:1.5; terrible:2; awful:2; worst:2; hate:2; angry:2; disappointed:2;
            disappointing:2; poor:1.5; useless:2; frustrating:1.5; never again:2; complaint:2;
            unacceptable:2; rude:2; slow:1; dirty:1; broken:1; waste:1.5; annoyed:1.5""",
    ),
    "urgent": Concept(
        "urgent urgency high critical emergency priority asap",
        "urgent immediately asap",
        """
            urgent:3; urgently:3; immediately:2; asap:2; as soon as possible:1.5; emergency:3;
            critical:2; right now:2; today:1; deadline:1.5; at once:1.5; straight away:1.5;
            outage:2; blocked:1.5; hurry:1.5""",
    ),
    "low": Concept(
        "low minor trivial",
        "minor",
        "no hurry:3; whenever:1.5; minor:2; small thing:2; not urgent:3; nothing urgent:3;"
        "cosmetic:2",
    ),
    "feature": Concept(
        "feature suggestion idea wish enhancement",
        "feature suggestion",
        """
            feature request:3; would be nice:2.5; suggestion:2; suggest:2; idea:1.5; could you
            add:2.5; please add:2; wish list:2; it would be great:2; improvement:1.5; support
            for:1; add an option:2.5""",
    ),
    "question": Concept(
        "question inquiry information howto general",
        "question how",
        "question:2; how do i:2; how can i:2; can i:1; could you tell me:2; wondering:1.5;"
        "information:1; where can i:1.5; what is:1; explain:1",
    ),
    "spam": Concept(
        "spam junk phishing scam advertisement",
        "winner free click",
        """
            winner:2; lottery:2.5; click here:2.5; free money:3; prize:2; crypto:2; viagra:3;
            limited offer:2; act now:2; congratulations:1.5; bank details:1.5; inheritance:2.5;
            seo:1.5""",
    ),
    "security": Concept(
        "security breach incident vulnerability",
        "hacked virus breach",
        """
            hacked:2.5; phishing:2.5; virus:2.5; malware:3; breach:2.5; stolen:2;
            vulnerability:3; suspicious:2; leaked:2; unauthorised:2; ransomware:3; intruder:2""",
    ),
    "privacy": Concept(
        "privacy gdpr data protection",
        "privacy data",
        """
            privacy:2.5; gdpr:3; personal data:2.5; delete my data:3; data protection:3;
            consent:1.5; access request:2; stored about me:2.5; right to be forgotten:3""",
    ),
    "legal": Concept(
        "legal law contract compliance",
        "legal lawyer",
        """
            lawyer:2.5; legal:2; court:2; contract:1.5; lawsuit:3; liability:2; clause:2;
            terms:1""",
    ),
    "staff": Concept(
        "hr people leave vacation holiday absence payroll",
        "leave vacation salary",
        """
            leave:1.5; vacation:2.5; holiday:2; sick:2; salary:2; payroll:2.5; parental:2.5;
            overtime:2; absence:2; manager:0.8; pension:2""",
    ),
    "hardware": Concept(
        "hardware device laptop printer equipment",
        "laptop printer",
        "laptop:2.5; printer:2.5; monitor:2; keyboard:2; mouse:1.5; phone:1; battery:1.5;"
        "cable:1.5; dock:1.5; screen:1; device:1.5",
    ),
}

SYNONYMS = (
    "leave holiday vacation",
    "salary pay wage payroll",
    "manager boss supervisor",
    "laptop computer notebook",
    "quit resign leaving notice",
    "ill illness sick sickness",
    "abroad country foreign",
    "car vehicle automobile",
    "bicycle bike",
    "remote remotely home",
    "reimbursed reimburse refunded repaid",
    "grandmother grandfather grandparent",
    "mother father parent",
    "sister brother sibling",
    "child children kid",
    "permitted allowed permit allow may ok okay",
    "cost price costs",
    "recommend refer recommending referral recommendation",
    "months month",
    "employee colleague staff",
    "begin start starts started",
    "stolen theft",
    "mail e-mail email",
    "request apply ask",
    "high much amount",
    "night 23",
)


_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue found in a sentence: what it speaks for, how strongly, and which words it covers."""

    concept: str
    weight: float
    start: int
    end: int
    word: str


@dataclass(frozen=True, slots=True)
class _Cue:
    concept: str
    weight: float
    tokens: tuple[str, ...]


class CueBook:
    """All cues in one form that a sentence can be looked up in quickly."""

    def __init__(self, *, stems: bool, phrases: bool, languages: bool, typos: bool) -> None:
        self._stems = stems
        self._by_first: dict[str, list[_Cue]] = {}
        self._mended: dict[str, str] = {}
        known: set[str] = set()
        for concept, entry in CONCEPTS.items():
            sources = [entry.cues if phrases else entry.core.replace(" ", ";")]
            if phrases and languages:
                sources.append(entry.foreign)
            for phrase, weight in _read_cues(";".join(sources)):
                plain = tuple(words(phrase))
                if not plain:
                    continue
                known.update(plain)
                tokens = tuple(stem(word) for word in plain) if stems else plain
                self._by_first.setdefault(tokens[0], []).append(_Cue(concept, weight, tokens))
        for cues in self._by_first.values():
            cues.sort(key=lambda cue: (-len(cue.tokens), -cue.weight))
        self._speller = Speller(frozenset(known)) if typos else None

    def find(self, sentence: Sentence) -> list[Hit]:
        """The cues in one sentence, the longest first at each place; a word counts once for each
        concern."""
        tokens = sentence.stems if self._stems else sentence.words
        if self._speller is not None:
            tokens = tuple(
                token if token in self._by_first else self._mend(word, token)
                for word, token in zip(sentence.words, tokens, strict=True)
            )
        covered: dict[str, int] = {}
        hits: list[Hit] = []
        for place, token in enumerate(tokens):
            for cue in self._by_first.get(token, ()):
                end = place + len(cue.tokens)
                if covered.get(cue.concept, 0) > place or tokens[place:end] != cue.tokens:
                    continue
                covered[cue.concept] = end
                hits.append(Hit(cue.concept, cue.weight, place, end, sentence.words[end - 1]))
        return hits

    def _mend(self, word: str, token: str) -> str:
        if word not in self._mended:
            if len(self._mended) > _MOST_REMEMBERED:
                self._mended.clear()
            corrected = self._speller.correct(word) if self._speller is not None else word
            self._mended[word] = (
                token if corrected == word else (stem(corrected) if self._stems else corrected)
            )
        return self._mended[word]


def _read_cues(text: str) -> Iterator[tuple[str, float]]:
    for entry in text.split(";"):
        phrase, _, weight = entry.strip().partition(":")
        if phrase.strip():
            yield phrase.strip(), float(weight or 1)


@cache
def cue_book(stems: bool, phrases: bool, languages: bool, typos: bool) -> CueBook:
    """The cue book for a reader of these abilities."""
    return CueBook(stems=stems, phrases=phrases, languages=languages, typos=typos)


@cache
def _concepts_by_stem() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for concept, entry in CONCEPTS.items():
        for name in entry.names.split():
            found.setdefault(stem(name), concept)
    return found


def concept_of(name: str) -> str | None:
    """The concern that a word of a label or a field name stands for."""
    return _concepts_by_stem().get(stem(name.lower()))


@cache
def _groups() -> Mapping[str, str]:
    return {stem(word): stem(group.split()[0]) for group in SYNONYMS for word in group.split()}


def same_meaning(stemmed: str) -> str:
    """One stem for all words of a group of synonyms; a word without a group stands for itself."""
    return _groups().get(stemmed, stemmed)
