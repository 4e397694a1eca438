package io.ropewalk.api;

import java.util.Arrays;
import java.util.List;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

/** What a caller may do. Each may do what those before may. */
public enum Role {
    /** May look at everything. */
    VIEWER,
    /** May fail, restore and prefer paths and rotate geoms as well. */
    OPERATOR,
    /** May do everything. */
    ADMIN;

    /** Its own authority and those of the roles before. */
    List<GrantedAuthority> authorities() {
        return Arrays.stream(values())
                .filter(role -> role.compareTo(this) <= 0)
                .<GrantedAuthority>map(role -> new SimpleGrantedAuthority("ROLE_" + role.name()))
                .toList();
    }
}
