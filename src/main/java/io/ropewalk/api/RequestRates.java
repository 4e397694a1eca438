package io.ropewalk.api;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many requests a caller may make; or an address, where nobody is asked who it is or who asks is not known. So one
 * caller gets no more by coming from many addresses, and many callers behind one address do not hinder each other. An
 * IPv6 network of 64 bits counts as one address, since whoever has one has all of it. Bounded: no more than
 * {@value #MOST_KNOWN} callers and addresses are remembered. Any thread.
 */
public final class RequestRates {
    private static final int MOST_KNOWN = 20_000;
    private static final int IPV6_BYTES = 16;
    private static final int IPV6_NETWORK_BYTES = 8;
    /** For everybody whom there is no room to know apart. */
    private static final String OTHERS = "others";
    /** No address begins so. */
    private static final String CALLER = "caller ";

    private final int perSecond;
    private final int atOnce;
    private final Map<String, TokenBucket> buckets = new ConcurrentHashMap<>();

    /**
     * The limits.
     *
     * @param perSecond in the long run; 0 for any number
     * @param atOnce in one burst, 1 or more
     */
    public RequestRates(int perSecond, int atOnce) {
        this.perSecond = perSecond;
        this.atOnce = atOnce;
    }

    /** Counts a request of an address; 0 when it may be answered, else for how many nanoseconds none may. */
    long count(String address, long nowNanos) {
        return take(network(address), nowNanos);
    }

    /** It is known now who sent a request that {@code address} was charged for: the same, for the caller instead. */
    long countCaller(String caller, String address, long nowNanos) {
        TokenBucket charged = buckets.get(network(address));
        if (charged != null) {
            synchronized (charged) {
                charged.giveBack();
            }
        }
        return take(CALLER + caller, nowNanos);
    }

    private long take(String whose, long nowNanos) {
        if (perSecond == 0) {
            return 0;
        }
        TokenBucket bucket = buckets.computeIfAbsent(key(whose, nowNanos), key -> fresh(nowNanos));
        synchronized (bucket) {
            return bucket.take(nowNanos);
        }
    }

    int remembered() {
        return buckets.size();
    }

    private TokenBucket fresh(long nowNanos) {
        return new TokenBucket(perSecond, atOnce, nowNanos);
    }

    private String key(String key, long nowNanos) {
        if (buckets.size() < MOST_KNOWN || buckets.containsKey(key)) {
            return key;
        }
        buckets.values().removeIf(bucket -> isFull(bucket, nowNanos));
        return buckets.size() < MOST_KNOWN ? key : OTHERS;
    }

    private static boolean isFull(TokenBucket bucket, long nowNanos) {
        synchronized (bucket) {
            return bucket.isFull(nowNanos);
        }
    }

    /** What counts as one address. */
    static String network(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        byte[] bytes = InetAddress.ofLiteral(address).getAddress();
        return bytes.length == IPV6_BYTES
                ? HexFormat.of().formatHex(Arrays.copyOf(bytes, IPV6_NETWORK_BYTES))
                : address;
    }
}
