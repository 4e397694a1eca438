package io.ropewalk.config;

import io.ropewalk.api.Role;
import org.jspecify.annotations.Nullable;

/**
 * What somebody may do.
 *
 * @param name a name in a client certificate, or a role as the issuer of tokens calls it
 * @param role viewer, operator or admin
 */
record RoleProperties(@Nullable String name, @Nullable Role role) {}
