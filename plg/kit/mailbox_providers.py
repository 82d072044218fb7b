"""Providers of mailboxes for everybody: their domains, and which spellings of an address reach one mailbox.

A rule stands here only where the provider itself promises it; what companies' own mail servers do is not known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    """domains: the first is the one that folded addresses are written with where `one_mailbox` is set (the same
    name at any of them is the same mailbox). tag: the letter behind which a name is a label of its owner's.
    dots: whether dots in the name mean nothing. by_subdomain: whether `label@name.domain` reaches `name@domain`."""

    domains: tuple[str, ...]
    tag: str = ""
    dots: bool = False
    one_mailbox: bool = False
    by_subdomain: bool = False


def _in_lands(lands: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{land}" for name in names for land in lands.split())


GOOGLE = Provider(("gmail.com", "googlemail.com"), tag="+", dots=True, one_mailbox=True)
"""Dots: https://support.google.com/mail/answer/7436150. +labels: https://support.google.com/a/users/answer/9308648.
googlemail.com: https://support.google.com/mail/answer/10313."""

MICROSOFT = Provider(
    (
        *_in_lands(
            "ar at be ca ch cl cn co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com com.ar com.au com.br"
            " com.co com.mx com.pe com.tr com.vn cz de dk es fi fr gr hu ie it jp nl no pt ru se sg",
            "outlook",
            "hotmail",
            "live",
        ),
        "msn.com",
        "passport.com",
        "windowslive.com",
    ),
    tag="+",
)
"""+labels: https://learn.microsoft.com/exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online,
and Outlook.com alike. Dots count; the same name at outlook.com and hotmail.com is two people."""

YAHOO = Provider(
    (
        *_in_lands(
            "ca cl cn co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com com.ar com.au com.br com.co"
            " com.hk com.mx com.my com.pe com.ph com.sg com.tr com.tw com.ve com.vn de dk es fi fr gr hu ie in"
            " it nl no pl pt ro se",
            "yahoo",
        ),
        "ymail.com",
        "rocketmail.com",
    ),
    tag="-",
)
"""Disposable addresses are `base-keyword@yahoo.com` (Yahoo Help, "Create disposable email addresses"; the scheme is
patent US 2006/0041621). A Yahoo name of its own holds no hyphen."""

APPLE = Provider(("icloud.com", "me.com", "mac.com"), tag="+", one_mailbox=True)
"""Apple Support, "About your @icloud.com, @me.com and @mac.com email addresses": one mailbox; +labels reach it."""

PROTON = Provider(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), tag="+", one_mailbox=True)
"""https://proton.me/support/creating-aliases (+labels); a name belongs to one person under all of these domains."""

FASTMAIL = Provider(
    (
        *_in_lands("com cn co.uk com.au de es fm im in jp mx net nl org se to tw uk us", "fastmail"),
        "sent.com",
    ),
    tag="+",
    by_subdomain=True,
)
"""https://www.fastmail.help/hc/en-us/articles/360060591053 (plus and subdomain addressing)."""

YANDEX = Provider(
    ("yandex.com", "ya.ru", *_in_lands("ru by kz ua uz fr com.tr", "yandex")), tag="+", one_mailbox=True
)
"""Yandex Mail Help, "Aliases": every mailbox answers at all of these domains, and to +labels."""

ZOHO = Provider(("zoho.com", "zoho.eu", "zoho.in", "zohomail.com", "zohomail.eu"), tag="+")
"""Zoho Mail Help, "Plus addressing"."""

POSTEO = Provider(_in_lands("de at ch es eu net org me mx pl pt", "posteo"), tag="+")
"""Posteo Help, "What is an email alias": address extensions by +."""

MAILBOX_ORG = Provider(("mailbox.org",), tag="+")
"""mailbox.org knowledge base, "Plus addressing"."""

PROVIDERS: tuple[Provider, ...] = (
    GOOGLE,
    MICROSOFT,
    YAHOO,
    APPLE,
    PROTON,
    FASTMAIL,
    YANDEX,
    ZOHO,
    POSTEO,
    MAILBOX_ORG,
)
"""Every provider with a rule."""

BY_DOMAIN: dict[str, Provider] = {domain: provider for provider in PROVIDERS for domain in provider.domains}

_WITHOUT_RULES = """
aim.com alice.it aol.com arcor.de att.net bellsouth.net bigpond.com bluewin.ch bluemail.ch bol.com.br btinternet.com
centrum.cz charter.net club-internet.fr comcast.net cox.net daum.net duck.com earthlink.net email.cz email.de email.it
foxmail.com free.fr freenet.de gmx.at gmx.ch gmx.com gmx.de gmx.es gmx.eu gmx.fr gmx.net gmx.us hanmail.net
hey.com hispavista.com hushmail.com ig.com.br inbox.lv inbox.ru interia.pl juno.com kakao.com laposte.net
latinmail.com libero.it list.ru mail.com mail.ru mailfence.com mozmail.com naver.com neuf.fr netzero.net
numericable.fr o2.pl onet.pl online.no oi.com.br ono.com optonline.net orange.es orange.fr pobox.com
privaterelay.appleid.com protonmail.me qq.com rambler.ru rediffmail.com r7.com sapo.pt sbcglobal.net seznam.cz sfr.fr
shaw.ca sina.com sky.com sohu.com starmedia.com startmail.com sympatico.ca t-online.de tele2.nl telefonica.net
telenet.be terra.cl
terra.com terra.com.ar terra.com.br terra.com.co terra.com.mx terra.com.pe terra.es tin.it tiscali.it tuta.com
tuta.io tutamail.com tutanota.com tutanota.de ukr.net uol.com.ar uol.com.br verizon.net virgilio.it virginmedia.com
voila.fr vodafone.es wanadoo.es wanadoo.fr web.de wp.pl xtra.co.nz ya.com zipmail.com.br ziggo.nl zonnet.nl
126.com 139.com 163.com 189.cn abv.bg adinet.com.uy arnet.com.ar cantv.net ciudad.com.ar cableonda.net
codetel.net.do entelchile.net etb.net.co euskalnet.net eresmas.com fibertel.com.ar globo.com globomail.com
hotmail.com.ve infinitummail.com infonegocio.com jazztel.es movistar.es mixmail.com multi.com.uy netscape.net
prodigy.net.mx racsa.co.cr simplelogin.com slmail.me aleeas.com anonaddy.com anonaddy.me addy.io speedy.com.ar
superig.com.br tutopia.com une.net.co vera.com.uy vtr.net telmex.com.mx telcel.com
"""

CONSUMER_DOMAINS: frozenset[str] = frozenset({*BY_DOMAIN, *_WITHOUT_RULES.split()})
"""Where anybody gets a mailbox: such a domain says nothing about who somebody works for. Telecoms whose staff and
customers share one domain count, too."""
