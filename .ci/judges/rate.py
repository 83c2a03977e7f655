"""How long pyHanko takes for one signed document, in one process and offline: `rate.py FILE ROOT` prints the median of
thirty validations in microseconds."""
import statistics
import sys
import time

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

root = load_cert_from_pemder(sys.argv[2])


def validate():
    with open(sys.argv[1], "rb") as file:
        for signature in PdfFileReader(file).embedded_signatures:
            context = ValidationContext(trust_roots=[root], allow_fetching=False, revocation_mode="soft-fail")
            if not validate_pdf_signature(signature, context).intact:
                sys.exit("broken")


times = []
for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 30):
    start = time.perf_counter()
    validate()
    times.append(time.perf_counter() - start)
print(round(statistics.median(times) * 1e6))
