package io.ropewalk.api;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Keeps web pages of other origins from changing anything through somebody's browser: on loopback nobody logs in, and a
 * verb without body needs no leave from the browser. Programs send no {@code Origin} and are not concerned.
 */
@Component
@Order(SameOriginFilter.ORDER)
class SameOriginFilter extends OncePerRequestFilter {
    /** Behind Spring Security, which knows the caller. */
    static final int ORDER = 0;

    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

    private final ProblemWriter problems;

    SameOriginFilter(ProblemWriter problems) {
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin == null
                || SAFE.contains(request.getMethod())
                || isSame(origin, request.getHeader(HttpHeaders.HOST))) {
            chain.doFilter(request, response);
        } else {
            problems.write(
                    request,
                    response,
                    new ApiException(
                            ProblemCode.CROSS_ORIGIN,
                            "A page of another origin asks for a change.",
                            "Use the Swagger UI of this service, or a program that sends no Origin header.",
                            new Violation(HttpHeaders.ORIGIN, "is not the address of this service")));
        }
    }

    private static boolean isSame(String origin, @Nullable String host) {
        try {
            return host != null && host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException unreadable) {
            return false;
        }
    }
}
