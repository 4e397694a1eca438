package io.ropewalk.nbd;

import io.netty.util.NetUtil;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.Uris;
import java.net.Inet6Address;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where an NBD export is: {@code nbd://host[:port]/export} or {@code nbd+unix:///export?socket=/path}, and the same
 * with {@code nbds} for TLS, as libnbd, QEMU and nbdkit write them. One slash separates host and export name and is not
 * part of the name; no name is the server's default export. With TLS there may be {@code tls-hostname} and {@code
 * tls-bundle} as parameters.
 *
 * @param tls whether the session must be encrypted
 * @param host name or address, IPv6 without brackets; empty where there is a socket path
 * @param port 1 to 65535; 0 where there is a socket path
 * @param socketPath absolute path of a Unix socket; null for TCP
 * @param export name of the export, at most 4096 bytes in UTF-8
 * @param tlsHostname for whom the server's certificate must be, where that is not {@code host}; null for that, and
 *     without TLS
 * @param tlsBundle the SSL bundle to use; null for the usual one, and without TLS
 */
record NbdUri(
        boolean tls,
        String host,
        int port,
        @Nullable String socketPath,
        String export,
        @Nullable String tlsHostname,
        @Nullable String tlsBundle) {

    static final Set<String> SCHEMES = Set.of("nbd", "nbds", "nbd+unix", "nbds+unix");

    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9.])?");
    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
    private static final int MAXIMUM_PORT = 65535;
    /** What the kernel takes, without the final NUL. */
    private static final int MAXIMUM_SOCKET_PATH_BYTES = 107;

    private static final String SOCKET = "socket";
    private static final String TLS_HOSTNAME = "tls-hostname";
    private static final String TLS_BUNDLE = "tls-bundle";
    private static final Pattern BUNDLE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
    /** For whom a certificate is on a Unix socket, where nothing else is said. */
    private static final String LOCALHOST = "localhost";

    private static final String PLAIN_IN_NAME = "-._~!$'()*,;:@/";
    private static final String PLAIN_IN_PATH = "-._~/:@,";

    /**
     * Reads a URI, strictly.
     *
     * @throws DeviceException of reason INVALID_URI
     */
    static NbdUri parse(URI uri) throws DeviceException {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!SCHEMES.contains(scheme)) {
            throw invalid(uri, "its scheme is none of nbd, nbd+unix, nbds and nbds+unix");
        }
        if (uri.isOpaque()) {
            throw invalid(uri, "'" + scheme + ":' must be followed by '//'");
        }
        if (uri.getRawFragment() != null) {
            throw invalid(uri, "it has a fragment ('#'); write '#' in a name as %23");
        }
        boolean tls = scheme.startsWith("nbds");
        String export = export(uri);
        return scheme.endsWith("+unix") ? unix(uri, tls, export) : tcp(uri, tls, export);
    }

    /** The one form that equal URIs share: lower-case host, the port always, least percent-encoding. */
    URI canonical() {
        String start = tls ? "nbds" : "nbd";
        String where = socketPath == null
                ? start + "://" + bracketed().replace("%", "%25") + ":" + port + "/"
                : start + "+unix:///";
        String parameters = Stream.of(
                        parameter(SOCKET, socketPath),
                        parameter(TLS_BUNDLE, tlsBundle),
                        parameter(TLS_HOSTNAME, tlsHostname))
                .filter(parameter -> !parameter.isEmpty())
                .collect(Collectors.joining("&"));
        return URI.create(
                where + encode(export, PLAIN_IN_NAME) + (parameters.isEmpty() ? parameters : "?" + parameters));
    }

    private static String parameter(String name, @Nullable String value) {
        return value == null ? "" : name + "=" + encode(value, PLAIN_IN_PATH);
    }

    /** For whom the server's certificate must be. */
    String certifiedHost() {
        return Objects.requireNonNullElseGet(tlsHostname, () -> host.isEmpty() ? LOCALHOST : withoutScope());
    }

    private String withoutScope() {
        int scope = host.indexOf('%');
        return scope < 0 ? host : host.substring(0, scope);
    }

    /** The server as people write it: {@code host:port} or the path of its socket. */
    String server() {
        return Objects.requireNonNullElseGet(socketPath, () -> bracketed() + ":" + port);
    }

    /** The export as it is named in sentences. */
    String exportForPeople() {
        return export.isEmpty() ? "the default export" : "export '" + export + "'";
    }

    private String bracketed() {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }

    private static NbdUri tcp(URI uri, boolean tls, String export) throws DeviceException {
        if (uri.getRawQuery() != null && !tls) {
            throw invalid(uri, "it has a query ('?'), which means nothing over TCP; write '?' in a name as %3F");
        }
        Map<String, String> parameters = parameters(uri, TLS_HOSTNAME, TLS_BUNDLE);
        String authority = uri.getRawAuthority();
        if (authority == null) {
            throw invalid(uri, "it names no host");
        }
        if (authority.indexOf('@') >= 0) {
            throw invalid(uri, "it names a user, which NBD does not know");
        }
        int hostEnd = authority.startsWith("[") ? authority.indexOf(']') + 1 : colonOrEnd(authority);
        String host = host(uri, authority.substring(0, hostEnd));
        int port = port(uri, authority.substring(hostEnd));
        return new NbdUri(tls, host, port, null, export, tlsHostname(uri, parameters), tlsBundle(uri, parameters));
    }

    private static int colonOrEnd(String authority) {
        int colon = authority.indexOf(':');
        return colon < 0 ? authority.length() : colon;
    }

    private static String host(URI uri, String text) throws DeviceException {
        if (text.startsWith("[")) {
            return ipv6(uri, text.substring(1, text.length() - 1));
        }
        if (!HOST_NAME.matcher(text).matches()) {
            throw invalid(uri, text.isEmpty() ? "it names no host" : "'" + text + "' is not a host name or address");
        }
        return text.toLowerCase(Locale.ROOT);
    }

    private static String ipv6(URI uri, String text) throws DeviceException {
        int percent = text.indexOf('%');
        String address = percent < 0 ? text : text.substring(0, percent);
        String scope = percent < 0 ? "" : "%" + text.substring(percent + (text.startsWith("%25", percent) ? 3 : 1));
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        if (bytes == null || bytes.length != 16) {
            throw invalid(uri, "'[" + text + "]' is not an IPv6 address");
        }
        try {
            return NetUtil.toAddressString(Inet6Address.getByAddress(null, bytes, -1)) + scope;
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError("16 bytes are an address", e);
        }
    }

    private static int port(URI uri, String text) throws DeviceException {
        if (text.isEmpty() || text.equals(":")) {
            return Nbd.DEFAULT_PORT;
        }
        String digits = text.substring(1);
        int port = PORT.matcher(digits).matches() ? Integer.parseInt(digits) : 0;
        if (text.charAt(0) != ':' || port < 1 || port > MAXIMUM_PORT) {
            throw invalid(uri, "'" + digits + "' is not a port (1 to 65535)");
        }
        return port;
    }

    private static NbdUri unix(URI uri, boolean tls, String export) throws DeviceException {
        if (uri.getRawAuthority() != null) {
            throw invalid(uri, "a Unix socket has no host; write nbd+unix:///export?socket=/path");
        }
        Map<String, String> parameters =
                tls ? parameters(uri, SOCKET, TLS_HOSTNAME, TLS_BUNDLE) : parameters(uri, SOCKET);
        String socket = socketPath(uri, parameters.get(SOCKET));
        return new NbdUri(tls, "", 0, socket, export, tlsHostname(uri, parameters), tlsBundle(uri, parameters));
    }

    private static String socketPath(URI uri, @Nullable String path) throws DeviceException {
        if (path == null || !path.startsWith("/")) {
            throw invalid(uri, "it needs the absolute path of a socket: ?socket=/path");
        }
        if (path.getBytes(StandardCharsets.UTF_8).length > MAXIMUM_SOCKET_PATH_BYTES) {
            throw invalid(uri, "the socket path is longer than " + MAXIMUM_SOCKET_PATH_BYTES + " bytes");
        }
        return path.replaceAll("//+", "/");
    }

    private static @Nullable String tlsHostname(URI uri, Map<String, String> parameters) throws DeviceException {
        String name = parameters.get(TLS_HOSTNAME);
        if (name != null && !HOST_NAME.matcher(name).matches() && !NetUtil.isValidIpV6Address(name)) {
            throw invalid(uri, TLS_HOSTNAME + " is not a host name or address");
        }
        return name == null ? null : name.toLowerCase(Locale.ROOT);
    }

    private static @Nullable String tlsBundle(URI uri, Map<String, String> parameters) throws DeviceException {
        String name = parameters.get(TLS_BUNDLE);
        if (name != null && !BUNDLE_NAME.matcher(name).matches()) {
            throw invalid(uri, TLS_BUNDLE + " is not the name of an SSL bundle");
        }
        return name;
    }

    /** The parameters after the question mark, each of {@code known} once at most. */
    private static Map<String, String> parameters(URI uri, String... known) throws DeviceException {
        Map<String, String> parameters = new HashMap<>();
        String query = Objects.requireNonNullElse(uri.getRawQuery(), "");
        for (String part : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = part.indexOf('=');
            String name = equals < 0 ? part : part.substring(0, equals);
            if (name.equals("tls-certificates") && uri.getScheme().startsWith("nbds")) {
                throw invalid(uri, "certificates come from an SSL bundle here: '" + TLS_BUNDLE + "=NAME'");
            }
            if (equals < 0 || !List.of(known).contains(name)) {
                String all = String.join(" and ", known);
                throw invalid(
                        uri,
                        "'" + name + "' is not a known parameter; only " + all + (known.length == 1 ? " is" : " are"));
            }
            if (parameters.put(name, decode(uri, part.substring(equals + 1), "the value of " + name)) != null) {
                throw invalid(uri, "it names two of " + name);
            }
        }
        return parameters;
    }

    private static String export(URI uri) throws DeviceException {
        String path = Objects.requireNonNullElse(uri.getRawPath(), "");
        String name = decode(uri, path.startsWith("/") ? path.substring(1) : path, "the export name");
        if (name.getBytes(StandardCharsets.UTF_8).length > Nbd.MAXIMUM_STRING) {
            throw invalid(uri, "the export name is longer than " + Nbd.MAXIMUM_STRING + " bytes");
        }
        return name;
    }

    /** Takes the percent-encoding away; the bytes must be UTF-8 without NUL. A plus is a plus. */
    private static String decode(URI uri, String text, String what) throws DeviceException {
        byte[] in = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(in.length);
        for (int i = 0; i < in.length; i++) {
            boolean encoded = in[i] == '%';
            // java.net.URI has checked that two hex digits follow
            out.put(encoded ? (byte) HexFormat.fromHexDigits(text(in, i + 1)) : in[i]);
            i += encoded ? 2 : 0;
        }
        try {
            String decoded =
                    StandardCharsets.UTF_8.newDecoder().decode(out.flip()).toString();
            if (decoded.indexOf('\0') >= 0) {
                throw invalid(uri, what + " contains a NUL");
            }
            return decoded;
        } catch (CharacterCodingException e) {
            throw invalid(uri, what + " is not UTF-8");
        }
    }

    private static String text(byte[] in, int start) {
        return new String(in, start, 2, StandardCharsets.US_ASCII);
    }

    private static String encode(String text, String plain) {
        StringBuilder encoded = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (isAlphanumeric(c) || plain.indexOf(c) >= 0) {
                encoded.append(c);
            } else {
                encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return encoded.toString();
    }

    private static boolean isAlphanumeric(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static DeviceException invalid(URI uri, String why) {
        return new DeviceException(Reason.INVALID_URI, "'" + Uris.shown(uri) + "' is not an NBD URI: " + why + ".");
    }
}
