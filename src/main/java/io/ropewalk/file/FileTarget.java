package io.ropewalk.file;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.Uris;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code file:} URI says: {@code file:///path[?direct=true|false][&readonly=true]}. Equal targets are the same device
 * by name; that two names lead to one store is for the kernel to say.
 *
 * @param encodedPath absolute, without empty, {@code .} and {@code ..} segments; every byte that is not plain in a URI
 *     path as {@code %XX}, so that any name a file can have has exactly one form
 * @param wantsDirect whether to bypass the page cache; null to do so for a block device, where nothing else shows what
 *     others write to the disk, and not for a regular file
 * @param readOnly never write
 */
record FileTarget(String encodedPath, @Nullable Boolean wantsDirect, boolean readOnly) {
    private static final String PLAIN = "-._~!$&'()*+,;=:@";
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /** Reads {@code uri} without touching the disk; a DeviceException is of kind INVALID_URI. */
    static FileTarget parse(URI uri) throws DeviceException {
        require("file".equalsIgnoreCase(uri.getScheme()), uri, "it does not begin with file:");
        String host = uri.getRawAuthority();
        require(
                host == null || host.isEmpty() || host.equalsIgnoreCase("localhost"),
                uri,
                "files of another host cannot be opened; write file:///path");
        require(uri.getRawFragment() == null, uri, "it must not have a fragment (#…); write # in a name as %23");
        Map<String, Boolean> options = options(uri);
        return new FileTarget(path(uri), options.get("direct"), options.getOrDefault("readonly", false));
    }

    private static String path(URI uri) throws DeviceException {
        String raw = uri.getRawPath();
        require(raw != null && raw.startsWith("/"), uri, "the path must be absolute; write file:///path");
        Deque<String> segments = new ArrayDeque<>();
        for (String segment : raw.split("/")) {
            byte[] name = decode(segment);
            String canonical = encode(name);
            require(!canonical.equals(".."), uri, "the path must not go through '..'; write where it leads");
            require(!canonical.contains("%00") && !canonical.contains("%2F"), uri, "no file name has such a character");
            if (!canonical.isEmpty() && !canonical.equals(".")) {
                segments.add(canonical);
            }
        }
        return "/" + String.join("/", segments);
    }

    private static Map<String, Boolean> options(URI uri) throws DeviceException {
        Map<String, Boolean> options = new TreeMap<>();
        String query = uri.getRawQuery();
        if (query == null || query.isEmpty()) {
            return options;
        }
        for (String option : query.split("&", -1)) {
            int equals = option.indexOf('=');
            String key = equals < 0 ? option : option.substring(0, equals);
            String value = equals < 0 ? "" : option.substring(equals + 1);
            require(
                    key.equals("direct") || key.equals("readonly"),
                    uri,
                    "the option '" + key + "' is unknown; there are direct and readonly");
            require(
                    value.equals("true") || value.equals("false"),
                    uri,
                    "the option " + key + " must be true or false, not '" + value + "'");
            require(options.put(key, value.equals("true")) == null, uri, "the option " + key + " is given twice");
        }
        return options;
    }

    /** Whether to bypass the page cache, as far as that is said. */
    boolean direct() {
        return Boolean.TRUE.equals(wantsDirect);
    }

    /** With what is left open decided, now that it is known what is there. */
    FileTarget decidedFor(Stat stat) {
        return wantsDirect == null ? new FileTarget(encodedPath, stat.type() == Stat.Type.BLOCK, readOnly) : this;
    }

    /** The one form of this URI. */
    URI toUri() {
        String direct = wantsDirect == null ? "" : "direct=" + wantsDirect;
        String readOnly = this.readOnly ? "readonly=true" : "";
        String query = direct.isEmpty() || readOnly.isEmpty() ? direct + readOnly : direct + "&" + readOnly;
        return URI.create("file://" + encodedPath + (query.isEmpty() ? "" : "?" + query));
    }

    /** The path as the kernel wants it. */
    byte[] pathBytes() {
        return decode(encodedPath);
    }

    /** The path for people. */
    String display() {
        return new String(pathBytes(), StandardCharsets.UTF_8);
    }

    private static byte[] decode(String encoded) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); ) {
            if (encoded.charAt(i) == '%') {
                bytes.write(HexFormat.fromHexDigits(encoded, i + 1, i + 3));
                i += 3;
            } else {
                int codePoint = encoded.codePointAt(i);
                bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(codePoint);
            }
        }
        return bytes.toByteArray();
    }

    private static String encode(byte[] name) {
        StringBuilder text = new StringBuilder(name.length);
        for (byte b : name) {
            char c = (char) (b & 0xff);
            if (isAsciiLetterOrDigit(c) || PLAIN.indexOf(c) >= 0) {
                text.append(c);
            } else {
                text.append('%').append(HEX.toHexDigits(b));
            }
        }
        return text.toString();
    }

    private static boolean isAsciiLetterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    private static void require(boolean condition, URI uri, String problem) throws DeviceException {
        if (!condition) {
            throw new DeviceException(Reason.INVALID_URI, "Cannot use " + Uris.shown(uri) + ": " + problem);
        }
    }
}
