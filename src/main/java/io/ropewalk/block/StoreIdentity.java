package io.ropewalk.block;

import org.jspecify.annotations.Nullable;

/**
 * What tells one store from another.
 *
 * @param kind of name, as {@code wwid}; only names of one kind can be compared
 * @param name the store's own
 */
public record StoreIdentity(String kind, String name) {

    /** Whether {@code other} is certainly another store. */
    public boolean isNot(@Nullable StoreIdentity other) {
        return other != null && kind.equals(other.kind) && !name.equals(other.name);
    }

    @Override
    public String toString() {
        return kind + " " + name;
    }
}
