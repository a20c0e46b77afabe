"""What all mails of an organisation share: colours, letters, and the frame that MJML makes of them."""

from dataclasses import dataclass
from string import Template

from django.conf import settings
from django.utils.html import escape

from leadflow.kit.colours import legible, on_colour
from leadflow.mail.models import MailBrand
from leadflow.models import Organisation

WIDTH = 600
_FONTS = {
    MailBrand.Font.SANS: "Arial, Helvetica, sans-serif",
    MailBrand.Font.SERIF: "Georgia, 'Times New Roman', serif",
    MailBrand.Font.ROUND: "Verdana, Tahoma, sans-serif",
}
_DARK_ACCENT_ON = "#1b1d20"

# `p`, `ul` and `a` are written onto each element by css-inline; what depends on the reader's screen
# stays as a rule
_INLINED = Template(
    "p{margin:0 0 14px} h1,h2,h3{margin:0;line-height:1.25} ul,ol{margin:0 0 14px;padding-left:22px} li{margin:0 0 6px}"
    " a{color:$link} blockquote{margin:0;padding:0 0 0 16px;border-left:3px solid $mark}"
)
_RULES = Template(
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    " p:last-child,ul:last-child,ol:last-child{margin-bottom:0!important}"
    " @media (prefers-color-scheme:dark){"
    "body,.lf-ground{background:#0e0f11!important;background-color:#0e0f11!important}"
    " .lf-sheet,.lf-sheet>table{background:#1b1d20!important;background-color:#1b1d20!important}"
    " .lf-words div,.lf-words h1,.lf-words h2,.lf-words h3,.lf-words p,.lf-words li,.lf-words blockquote{color:#ececef!important}"
    " .lf-words a,.lf-small a{color:$dark!important} .lf-small div,.lf-small p{color:#b6b8bf!important}"
    " .lf-line p{border-top-color:#3a3d43!important}}"
    " @media (max-width:479px){.lf-words div,.lf-small div{overflow-wrap:anywhere}}"
)


@dataclass(frozen=True, slots=True)
class Look:
    """The brand kit as the renderer needs it."""

    name: str
    logo: str
    site: str
    colour: str
    mark: str
    font: str
    footer: str
    socials: tuple[tuple[str, str], ...]
    language: str

    @classmethod
    def current(cls) -> "Look":
        """Of this organisation at this moment."""
        brand, organisation = MailBrand.current(), Organisation.current()
        return cls(
            name=organisation.name,
            logo=brand.logo,
            site=brand.site_url,
            colour=brand.colour or organisation.colour,
            mark=brand.colour or organisation.mark,
            font=_FONTS.get(MailBrand.Font(brand.font), _FONTS[MailBrand.Font.SANS]),
            footer=brand.footer,
            socials=tuple(brand.social_links()),
            language=organisation.language,
        )

    @property
    def on_colour(self) -> str:
        """What reads on the colour."""
        return on_colour(self.colour)

    @property
    def link(self) -> str:
        """The second colour where it is read on white."""
        return legible(self.mark, on="#ffffff")


def picture(public_id: str) -> str:
    """The address of a picture as mail programs can read it: JPEG, absolute."""
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}/i/{public_id}/mail.jpg"


def framed(body: str, look: Look, *, ground: str, preheader: str) -> str:
    """A whole MJML document around the sections."""
    back = "#ffffff" if ground == "white" else "#f4f4f5"
    link = look.link
    dark = legible(look.mark, on=_DARK_ACCENT_ON)
    rules = _RULES.substitute(dark=dark)
    inlined = _INLINED.substitute(link=link, mark=look.mark)
    return (
        f'<mjml lang="{escape(look.language)}"><mj-head>'
        f'<mj-attributes><mj-all font-family="{look.font}" />'
        '<mj-text font-size="16px" line-height="1.55" color="#1f2328" padding="0" />'
        '<mj-image padding="0" /></mj-attributes>'
        f"<mj-preview>{preheader}</mj-preview>"
        f"<mj-style>{inlined}</mj-style><mj-style>{rules}</mj-style>"
        '<mj-raw><meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark"></mj-raw>'
        f'</mj-head><mj-body width="{WIDTH}px" background-color="{back}" css-class="lf-ground">{body}</mj-body></mjml>'
    )
