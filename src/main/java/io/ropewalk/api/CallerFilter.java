package io.ropewalk.api;

import jakarta.servlet.DispatcherType;
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
    private final RequestRates rates;
    private final ProblemWriter problems;

    CallerFilter(Callers callers, RequestRates rates, ProblemWriter problems) {
        this.callers = callers;
        this.rates = rates;
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Callers.Answer answer;
        try {
            answer = callers.identify(request);
        } catch (ApiException refusal) {
            problems.write(request, response, refusal);
            return;
        }
        switch (answer) {
            case Callers.Known known -> {
                long wait = count(known, request);
                if (wait > 0) {
                    RequestRateFilter.refuse(problems, request, response, known.name(), wait);
                    return;
                }
                remember(known);
            }
            case Callers.Unknown unknown -> request.setAttribute(UNKNOWN, unknown);
        }
        chain.doFilter(request, response);
    }

    /** A stream of events that ends has been counted when it began. */
    private long count(Callers.Known known, HttpServletRequest request) {
        return request.getDispatcherType() == DispatcherType.REQUEST
                ? rates.countCaller(known.name(), request.getRemoteAddr(), System.nanoTime())
                : 0;
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
