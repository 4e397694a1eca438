package io.ropewalk.config;

import io.ropewalk.api.Role;
import org.jspecify.annotations.Nullable;

/**
 * A token that only its hash is known of; its name is who uses it.
 *
 * @param sha256 the SHA-256 of the token, 64 hexadecimal digits
 * @param role what its bearer may do
 */
record TokenProperties(@Nullable String sha256, @Nullable Role role) {}
