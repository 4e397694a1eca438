package io.ropewalk.api;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Answers no address more often than the {@link RequestRates} allow. Before anything that costs something; for callers
 * who turn out to be known, {@link CallerFilter} counts anew.
 */
@Component
@Order(AuditFilter.ORDER - 1)
class RequestRateFilter extends OncePerRequestFilter {
    private final RequestRates rates;
    private final ProblemWriter problems;

    RequestRateFilter(RequestRates rates, ProblemWriter problems) {
        this.rates = rates;
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        long wait = rates.count(request.getRemoteAddr(), System.nanoTime());
        if (wait == 0) {
            chain.doFilter(request, response);
            return;
        }
        refuse(problems, request, response, request.getRemoteAddr(), wait);
    }

    /** Says that {@code who} has to wait. */
    static void refuse(
            ProblemWriter problems,
            HttpServletRequest request,
            HttpServletResponse response,
            String who,
            long waitNanos)
            throws IOException {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(waitNanos) + 1;
        response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
        problems.write(
                request,
                response,
                new ApiException(
                        ProblemCode.TOO_MANY_REQUESTS,
                        "Too many requests come from " + who + ".",
                        "Wait for as many seconds as the header Retry-After says, then ask less often."));
    }
}
