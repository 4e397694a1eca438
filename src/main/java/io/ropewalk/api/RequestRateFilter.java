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

/** Answers no address more often than the {@link RequestRates} allow. Before anything that costs something. */
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
        long seconds = TimeUnit.NANOSECONDS.toSeconds(wait) + 1;
        response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
        problems.write(
                request,
                response,
                new ApiException(
                        ProblemCode.TOO_MANY_REQUESTS,
                        "Too many requests come from " + request.getRemoteAddr() + ".",
                        "Wait for as many seconds as the header Retry-After says, then ask less often."));
    }
}
