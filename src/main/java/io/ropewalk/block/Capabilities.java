package io.ropewalk.block;

import java.util.EnumSet;
import java.util.Set;

/** An immutable set of {@link Capability}, cheap enough to ask on every request. */
public record Capabilities(int bits) {

    /** READ and nothing else. */
    public static final Capabilities NONE = new Capabilities(0);

    public static Capabilities of(Capability... capabilities) {
        int bits = 0;
        for (Capability capability : capabilities) {
            bits |= bit(capability);
        }
        return new Capabilities(bits);
    }

    public static Capabilities of(Set<Capability> capabilities) {
        return of(capabilities.toArray(Capability[]::new));
    }

    public boolean has(Capability capability) {
        return (bits & bit(capability)) != 0;
    }

    public Capabilities with(Capability capability) {
        return new Capabilities(bits | bit(capability));
    }

    public Capabilities without(Capability capability) {
        return new Capabilities(bits & ~bit(capability));
    }

    /** What both can do. */
    public Capabilities and(Capabilities other) {
        return new Capabilities(bits & other.bits);
    }

    /** What this can do and {@code other} cannot. */
    public Capabilities minus(Capabilities other) {
        return new Capabilities(bits & ~other.bits);
    }

    public boolean isEmpty() {
        return bits == 0;
    }

    /** The same as a set, in declaration order. */
    public Set<Capability> asSet() {
        EnumSet<Capability> set = EnumSet.noneOf(Capability.class);
        for (Capability capability : Capability.values()) {
            if (has(capability)) {
                set.add(capability);
            }
        }
        return set;
    }

    @Override
    public String toString() {
        return asSet().toString();
    }

    private static int bit(Capability capability) {
        return 1 << capability.ordinal();
    }
}
