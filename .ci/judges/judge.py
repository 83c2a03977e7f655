"""What pyHanko says of our specimens. It opens no connection: from level LT on, all evidence has to be in the file.

Usage: judge.py DIR. Exit code 1 if a file is not of the level that its name claims. At LTA it is asked again as of a time
when the signer's certificate has expired.
"""
import asyncio
import collections
import datetime
import logging
import pathlib
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed
from pyhanko.sign.validation import DocumentSecurityStore, ades, async_validate_pdf_signature, policy_decl
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager

NOW = datetime.datetime.now(datetime.timezone.utc)
LATER = NOW + datetime.timedelta(days=540)  # the signers' certificates last a year, the authority's two


Outcome = collections.namedtuple("Outcome", "ades_subindic")

# Where pyHanko 0.38 differs, and why; EU DSS passes all of them. A TOTAL_FAILED is never as known.
DIFFERS = {
    # It takes a signature's time from the time-stamp inside it only ("No signature timestamp present"), not from a document
    # time-stamp, which is how EN 319 142-1, 6.3, lets a signature reach B-T that others have followed.
    ("two/LTA.pdf", "head"): lambda found: found == AdESIndeterminate.SIG_CONSTRAINTS_FAILURE,
    # Its past validation slides to the time of the revocation and there asks the revoked certificate's status again, which by
    # then is revoked. Which of the open verdicts that becomes hangs on the seconds between what our authority issued.
    ("revoked-later/LTA.pdf", "head"): lambda found: isinstance(found, AdESIndeterminate),
}


def policy(root, rule):
    revocation = CertRevTrustPolicy(RevocationCheckingPolicy(ee_certificate_rule=rule, intermediate_ca_cert_rule=rule))
    return CertValidationPolicySpec(trust_manager=SimpleTrustManager.build(trust_roots=[root]), revinfo_policy=revocation)


def specification(directory, level):
    rule = RevocationCheckingRule.NO_CHECK if level in ("B", "T") else RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    return policy_decl.PdfSignatureValidationSpec(policy_decl.SignatureValidationSpec(
        cert_validation_policy=policy(load_cert_from_pemder(directory / "root.pem"), rule),
        ts_cert_validation_policy=policy(load_cert_from_pemder(directory / "tsa.pem"), rule),
        revinfo_gathering_policy=policy_decl.RevocationInfoGatheringSpec(
            online_fetching_rule=policy_decl.RevinfoOnlineFetchingRule.LOCAL_ONLY),
    ))


async def verdicts(signature, level, spec, roots):
    signature.compute_integrity_info(diff_policy=spec.diff_policy)
    if level == "B":
        yield "now", await ades.ades_basic_validation(
            signature.signed_data, spec.signature_validation_spec, raw_digest=signature.compute_digest())
        return
    if level == "T":
        yield "now", await ades.ades_with_time_validation(
            signature.signed_data, spec.signature_validation_spec, raw_digest=signature.compute_digest())
        return
    if level == "LT":  # its AdES validation wants a document time-stamp
        store = DocumentSecurityStore.read_dss(signature.reader)
        context = store.as_validation_context({"trust_roots": roots, "allow_fetching": False, "revocation_mode": "require"})
        status = await async_validate_pdf_signature(signature, signer_validation_context=context, ts_validation_context=context)
        yield "now", Outcome(AdESPassed.OK if status.bottom_line else AdESIndeterminate.GENERIC)
        return
    yield "now", await ades.ades_lta_validation(signature, spec)
    if level == "LTA":
        yield "later", await ades.simulate_future_ades_lta_validation(signature, spec, future_validation_time=LATER)


async def judge(directory, path):
    level = path.stem.split("-")[-1]
    refused = "reject" in path.parts
    if refused:
        level = "LT"
    good = True
    roots = [load_cert_from_pemder(directory / name) for name in ("root.pem", "tsa.pem")]
    with path.open("rb") as content:
        reader = PdfFileReader(content)
        for signature in reader.embedded_regular_signatures:
            async for when, result in verdicts(signature, level, specification(directory, level), roots):
                passed = result.ades_subindic == AdESPassed.OK
                name = path.relative_to(directory).as_posix()
                differs = not passed and DIFFERS.get((name, signature.field_name), lambda found: False)(result.ades_subindic)
                changes = getattr(signature.diff_result, "modification_level", None)
                right = passed != refused or differs
                good = good and right
                print(f"{name}  {signature.field_name}  {level} {when}: {result.ades_subindic.name}"
                      f"{f'  changes after it: {changes.name}' if changes else ''}{'  as known' if differs else ''}{'' if right else '  WRONG'}")
    return good


async def main(directory):
    files = sorted(p for p in directory.glob("*/*.pdf") if p.parent.name != "bundle")
    results = [await judge(directory, path) for path in files]
    print(f"pyHanko: {sum(results)} of {len(results)} as their names say")
    return 0 if files and all(results) else 1


if __name__ == "__main__":
    logging.disable(logging.ERROR)  # what it finds stands in the verdict
    sys.exit(asyncio.run(main(pathlib.Path(sys.argv[1]))))
