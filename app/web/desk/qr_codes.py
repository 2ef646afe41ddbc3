"""An address as a picture that a telephone reads."""

from base64 import b64encode
from io import BytesIO


def qr_code(address: str) -> str:
    """As an image that stands in the page itself, so that nobody else sees the address."""
    import qrcode
    from qrcode.image.svg import SvgPathImage

    picture = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, box_size=12, border=4).save(picture)
    return f"data:image/svg+xml;base64,{b64encode(picture.getvalue()).decode()}"
