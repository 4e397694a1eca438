package io.ropewalk.api;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many requests an address may make. An IPv6 network of 64 bits counts as one address, since whoever has one has
 * all of it. Bounded: no more than {@value #MOST_ADDRESSES} addresses are remembered. Any thread.
 */
public final class RequestRates {
    private static final int MOST_ADDRESSES = 20_000;
    private static final int IPV6_BYTES = 16;
    private static final int IPV6_NETWORK_BYTES = 8;
    /** For everybody whom there is no room to know apart. */
    private static final String OTHERS = "others";

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

    /** Counts a request; 0 when it may be answered, else for how many nanoseconds none may. */
    long count(String address, long nowNanos) {
        if (perSecond == 0) {
            return 0;
        }
        TokenBucket bucket = buckets.computeIfAbsent(key(address, nowNanos), key -> fresh(nowNanos));
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

    private String key(String address, long nowNanos) {
        String key = network(address);
        if (buckets.size() < MOST_ADDRESSES || buckets.containsKey(key)) {
            return key;
        }
        buckets.values().removeIf(bucket -> isFull(bucket, nowNanos));
        return buckets.size() < MOST_ADDRESSES ? key : OTHERS;
    }

    private static boolean isFull(TokenBucket bucket, long nowNanos) {
        synchronized (bucket) {
            return bucket.isFull(nowNanos);
        }
    }

    private static String network(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        byte[] bytes = InetAddress.ofLiteral(address).getAddress();
        return bytes.length == IPV6_BYTES
                ? HexFormat.of().formatHex(Arrays.copyOf(bytes, IPV6_NETWORK_BYTES))
                : address;
    }
}
