package io.ropewalk.inventory;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Addresses that clients may come from: {@code 192.0.2.0/24}, {@code 2001:db8::/32}, or one alone as {@code 192.0.2.7}.
 * Immutable.
 *
 * @param address the network's own address, no bit set beyond the prefix
 * @param prefixBits how many leading bits count, 0 to 32 or to 128
 */
public record ClientNetwork(InetAddress address, int prefixBits) {
    private static final Pattern IPV4 = Pattern.compile("(?:(?:0|[1-9][0-9]{0,2})\\.){3}(?:0|[1-9][0-9]{0,2})");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final Pattern BITS = Pattern.compile("0|[1-9][0-9]{0,2}");

    /**
     * Reads a network as people write it; nothing is looked up.
     *
     * @throws IllegalArgumentException with what is wrong, to follow the text itself
     */
    public static ClientNetwork parse(String text) {
        int slash = text.indexOf('/');
        InetAddress address = literal(slash < 0 ? text : text.substring(0, slash));
        int length = address.getAddress().length * Byte.SIZE;
        int bits = slash < 0 ? length : bits(text.substring(slash + 1), length);
        byte[] first = masked(address.getAddress(), bits);
        if (!Arrays.equals(first, address.getAddress())) {
            throw new IllegalArgumentException("has bits beyond its prefix; the network is "
                    + new ClientNetwork(InetAddress.ofLiteral(text(first)), bits));
        }
        return new ClientNetwork(address, bits);
    }

    private static InetAddress literal(String text) {
        if (IPV4.matcher(text).matches() || IPV6.matcher(text).matches()) {
            try {
                return InetAddress.ofLiteral(text);
            } catch (IllegalArgumentException outOfRange) {
                // Said below.
            }
        }
        throw new IllegalArgumentException("is no address or network, as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32");
    }

    private static int bits(String text, int most) {
        int bits = BITS.matcher(text).matches() ? Integer.parseInt(text) : Integer.MAX_VALUE;
        if (bits > most) {
            throw new IllegalArgumentException("must have a prefix of 0 to " + most + " bits");
        }
        return bits;
    }

    private static byte[] masked(byte[] address, int bits) {
        byte[] masked = address.clone();
        for (int i = 0; i < masked.length; i++) {
            int left = Math.clamp(bits - (long) i * Byte.SIZE, 0, Byte.SIZE);
            masked[i] &= (byte) (0xff << (Byte.SIZE - left));
        }
        return masked;
    }

    private static String text(byte[] address) {
        try {
            return InetAddress.getByAddress(address).getHostAddress();
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }

    /** Whether {@code client} comes from here; never so for an address of the other family. */
    public boolean contains(InetAddress client) {
        byte[] bytes = client.getAddress();
        return bytes.length == address.getAddress().length
                && Arrays.equals(masked(bytes, prefixBits), address.getAddress());
    }

    /** As it is parsed; a single address without its prefix. */
    @Override
    public String toString() {
        String host = address.getHostAddress();
        return prefixBits == address.getAddress().length * Byte.SIZE ? host : host + "/" + prefixBits;
    }
}
