package io.ropewalk.api;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/** Asks who a caller is. What one may do who is not known is decided later. */
final class CallerFilter extends OncePerRequestFilter {
    private static final String UNKNOWN = CallerFilter.class.getName() + ".UNKNOWN";

    private final Callers callers;
    private final ProblemWriter problems;

    CallerFilter(Callers callers, ProblemWriter problems) {
        this.callers = callers;
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            switch (callers.identify(request)) {
                case Callers.Known known -> remember(known);
                case Callers.Unknown unknown -> request.setAttribute(UNKNOWN, unknown);
            }
        } catch (ApiException refusal) {
            problems.write(request, response, refusal);
            return;
        }
        chain.doFilter(request, response);
    }

    private static void remember(Callers.Known known) {
        Role role = known.role();
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(
                known.name(), null, role == null ? List.of() : role.authorities()));
        SecurityContextHolder.setContext(context);
    }

    /** Why the caller of {@code request} is not known. */
    static Callers.@Nullable Unknown unknown(HttpServletRequest request) {
        return (Callers.Unknown) request.getAttribute(UNKNOWN);
    }

    /** A stream of events is dispatched again when it ends, on another thread. */
    @Override
    protected boolean shouldNotFilterAsyncDispatch() {
        return false;
    }
}
