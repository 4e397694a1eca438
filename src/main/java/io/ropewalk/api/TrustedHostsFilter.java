package io.ropewalk.api;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Where nobody is asked who he is: refuses what comes over loopback under a name that is not one of the {@link
 * TrustedHosts}, which only a page or a proxy does. Health and metrics are for everybody.
 */
final class TrustedHostsFilter extends OncePerRequestFilter {
    private final TrustedHosts hosts;
    private final ProblemWriter problems;

    TrustedHostsFilter(TrustedHosts hosts, ProblemWriter problems) {
        this.hosts = hosts;
        this.problems = problems;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return request.getRequestURI().startsWith("/actuator/") || !TrustedHosts.isLoopback(request.getLocalAddr());
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (hosts.contains(nameOf(request))) {
            chain.doFilter(request, response);
        } else {
            problems.write(
                    request,
                    response,
                    new ApiException(
                            ProblemCode.CROSS_ORIGIN,
                            "The request names a host that this service does not go by.",
                            "Use localhost or the address; or name the host in ropewalk.security.hosts.",
                            new Violation(HttpHeaders.HOST, "is not a name of this service")));
        }
    }

    private static @Nullable String nameOf(HttpServletRequest request) {
        String host = request.getHeader(HttpHeaders.HOST);
        return host == null ? null : host.replaceFirst(":\\d*$", "").replaceAll("[\\[\\]]", "");
    }
}
