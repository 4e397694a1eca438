package io.ropewalk.tls;

import io.netty.handler.ssl.NotSslRecordException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Why TLS did not come about or broke, as a clause about the other side: "its certificate has expired". Pure. */
public final class TlsTrouble {
    /** How the JDK tells what the other side has said before it left. */
    private static final Pattern ALERT = Pattern.compile("fatal alert: ([a-z_]+)");

    private static final int MAXIMUM_CAUSES = 16;

    private TlsTrouble() {}

    /** The innermost cause that we have words for; else what the JDK says. */
    public static String clause(Throwable failure) {
        String best = null;
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MAXIMUM_CAUSES; i++) {
            String known = known(cause);
            best = known == null ? best : known;
            cause = cause.getCause();
        }
        return Objects.requireNonNullElseGet(best, () -> "TLS fails: " + failure.getMessage());
    }

    private static @Nullable String known(Throwable cause) {
        String message = Objects.requireNonNullElse(cause.getMessage(), "");
        return switch (cause) {
            case CertificateExpiredException expired -> "its certificate has expired (" + message + ")";
            case CertificateNotYetValidException early -> "its certificate is not valid yet (" + message + ")";
            case CertPathValidatorException invalid -> "its certificate is not valid (" + message + ")";
            case CertificateException wrong ->
                isOtherName(message) ? "its certificate is for another name (" + message + ")" : byText(message);
            case NotSslRecordException plain -> "it does not answer in TLS";
            case ClosedChannelException closed -> "it closed the connection during the TLS handshake";
            default -> byText(message);
        };
    }

    private static boolean isOtherName(String message) {
        return message.startsWith("No name matching") || message.startsWith("No subject alternative");
    }

    private static @Nullable String byText(String message) {
        Matcher alert = ALERT.matcher(message);
        if (alert.find()) {
            return ofAlert(alert.group(1));
        }
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.contains("unable to find valid certification path")) {
            return "its certificate is of no CA that is trusted here";
        }
        if (lower.contains("empty client certificate chain")) {
            return "it shows no certificate";
        }
        return null;
    }

    private static String ofAlert(String alert) {
        return switch (alert) {
            case "certificate_required" -> "it asks for a certificate and was shown none";
            case "bad_certificate", "unsupported_certificate", "certificate_unknown", "access_denied" ->
                "it does not accept the certificate that it was shown, or the lack of one (" + alert + ")";
            case "unknown_ca" -> "it does not trust the CA of the certificate that it was shown";
            case "certificate_expired" -> "it says that the certificate that it was shown has expired";
            case "certificate_revoked" -> "it says that the certificate that it was shown is revoked";
            case "protocol_version" -> "it speaks no version of TLS that we speak (1.2 and 1.3)";
            case "handshake_failure" -> "it has no ciphers in common with us, or misses a certificate (" + alert + ")";
            default -> "it ended TLS with the alert " + alert;
        };
    }
}
