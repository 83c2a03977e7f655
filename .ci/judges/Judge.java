import eu.europa.esig.dss.enumerations.Indication;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the European Commission's DSS says of our specimens: the level it finds, and its verdict. It opens no connection, so
 * that from LT on all evidence has to be in the file; below that it cannot know whether a certificate was revoked.
 *
 * Usage: Judge DIR. Exit code 1 if a file is not of the level that its name claims.
 */
public class Judge {
    static final List<String> NO_REVOCATION_DATA = List.of("TRY_LATER", "CERTIFICATE_CHAIN_GENERAL_FAILURE");

    static final Pattern ABOUT_REVOCATION = Pattern.compile("revocation|not conclusive", Pattern.CASE_INSENSITIVE);

    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[0]);
        List<Path> files;
        try (Stream<Path> all = Files.walk(dir)) {
            files = all.filter(p -> p.toString().matches(".*/(rsa|pss|p256|p384|two|revoked-later|reject)/.*\\.(pdf|p7s)")).sorted().collect(Collectors.toList());
        }
        int good = 0;
        for (Path file : files) {
            if (judge(dir, file)) {
                good++;
            }
        }
        System.out.printf("EU DSS: %d of %d as their names say%n", good, files.size());
        System.exit(good == files.size() && good > 0 ? 0 : 1);
    }

    static boolean judge(Path dir, Path file) {
        CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
        for (String anchor : new String[] {"root.pem", "tsa.pem"}) {
            anchors.addCertificate(DSSUtils.loadCertificate(dir.resolve(anchor).toFile()));
        }
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.addTrustedCertSources(anchors);
        verifier.setAIASource(null);
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file.toFile()));
        validator.setCertificateVerifier(verifier);
        if (file.toString().endsWith(".p7s")) {
            validator.setDetachedContents(List.<DSSDocument>of(new FileDocument(dir.resolve("manifest.json").toFile())));
        }
        Reports reports = validator.validateDocument();
        SimpleReport report = reports.getSimpleReport();
        String name = file.getFileName().toString().replaceAll("\\..*", "");
        String level = name.substring(name.lastIndexOf('-') + 1);
        boolean refused = file.getParent().endsWith("reject");
        boolean good = !report.getSignatureIdList().isEmpty();
        for (String id : report.getSignatureIdList()) {
            String format = report.getSignatureFormat(id).toString();
            Indication indication = report.getIndication(id);
            boolean ok;
            if (refused) {
                ok = indication != Indication.TOTAL_PASSED;
            } else if (level.equals("B") || level.equals("T")) {
                // Without a connection nobody knows of revocations; nothing else may be wrong.
                ok = format.endsWith("BASELINE-" + level)
                        && (indication == Indication.TOTAL_PASSED || NO_REVOCATION_DATA.contains(String.valueOf(report.getSubIndication(id)))
                                && report.getAdESValidationErrors(id).stream().allMatch(m -> ABOUT_REVOCATION.matcher(m.getValue()).find()));
            } else {
                ok = format.endsWith("BASELINE-" + level) && indication == Indication.TOTAL_PASSED;
            }
            good &= ok;
            System.out.printf("%s  %s  %s%s%s%s%n", dir.relativize(file), format, indication,
                    report.getSubIndication(id) == null ? "" : "/" + report.getSubIndication(id), ok ? "" : "  WRONG",
                    ok || refused ? "" : "  " + report.getAdESValidationErrors(id).stream().map(m -> m.getValue()).collect(Collectors.toList()));
        }
        return good;
    }
}
