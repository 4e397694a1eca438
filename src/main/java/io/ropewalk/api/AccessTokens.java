package io.ropewalk.api;

import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tokens by which callers are known. Only their hashes are held. Any thread. */
public final class AccessTokens implements Callers {
    /** Bytes of a SHA-256. */
    public static final int HASH_BYTES = 32;

    private final List<AccessToken> tokens;

    /** A token that is known, by its hash. */
    public static final class AccessToken {
        private final String name;
        private final byte[] sha256;
        private final Role role;

        /**
         * A token.
         *
         * @param name who uses it, as events tell
         * @param sha256 {@value #HASH_BYTES} bytes
         */
        public AccessToken(String name, byte[] sha256, Role role) {
            if (sha256.length != HASH_BYTES) {
                throw new IllegalArgumentException("a SHA-256 has " + HASH_BYTES + " bytes");
            }
            this.name = name;
            this.sha256 = sha256.clone();
            this.role = role;
        }

        public String name() {
            return name;
        }

        public Role role() {
            return role;
        }

        /** Whether both stand for the same secret. */
        public boolean isSameSecretAs(AccessToken other) {
            return isOf(other.sha256);
        }

        private boolean isOf(byte[] hash) {
            return MessageDigest.isEqual(sha256, hash);
        }

        @Override
        public String toString() {
            return name + " (" + role + ")";
        }
    }

    /** Nobody comes in but by one of these. */
    public AccessTokens(Collection<AccessToken> tokens) {
        this.tokens = List.copyOf(tokens);
    }

    @Override
    public Answer identify(HttpServletRequest request) {
        return BearerTokens.identify(request, this::owner);
    }

    private Answer owner(String token) {
        AccessToken found = find(token);
        return found == null
                ? BearerTokens.unknown("The token is not one of this service's.")
                : new Known(found.name(), found.role());
    }

    /** The SHA-256 of a token. */
    public static byte[] sha256(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * Whose token it is; null when nobody's. Every token is compared, each in constant time, so that the time it takes
     * tells nothing.
     */
    @Nullable AccessToken find(String token) {
        byte[] hash = sha256(token);
        AccessToken found = null;
        for (AccessToken known : tokens) {
            if (known.isOf(hash)) {
                found = known;
            }
        }
        return found;
    }
}
