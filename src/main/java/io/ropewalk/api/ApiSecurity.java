package io.ropewalk.api;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.AuthorizeHttpRequestsConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.StrictHttpFirewall;

/**
 * Who may do what over HTTP. Where {@link Callers} are asked who they are, their role decides; where they are
 * not, everybody may do everything. Nothing is kept between requests. The management server asks here, too.
 */
@Configuration(proxyBeanMethods = false)
@EnableWebSecurity
class ApiSecurity {
    /** The contract and the page that shows it say nothing of what is stored here. */
    private static final String[] CONTRACT = {
        "/",
        "/swagger-ui.html",
        "/swagger-ui/**",
        "/v3/api-docs",
        "/v3/api-docs.yaml",
        "/v3/api-docs/**",
        ProblemPages.PATH,
        ProblemPages.PATH + "/**"
    };

    /** Probes and Prometheus have no token. */
    private static final String[] WATCHING = {"/actuator/health", "/actuator/health/**", "/actuator/prometheus"};

    private static final String PATH = Api.BASE + "/geoms/" + Api.GEOM + "/paths/" + Api.DEVICE;

    /** What moves I/O from one path to another, and neither adds nor takes away. */
    private static final String[] STEERING = {
        PATH + ":fail",
        PATH + ":drain",
        PATH + ":restore",
        PATH + ":prefer",
        Api.BASE + "/geoms/" + Api.GEOM + ":rotate"
    };

    /** One who was not even asked. */
    private static final Callers.Unknown NOBODY =
            new Callers.Unknown("The request does not say who sends it.", "Say who you are.", null);

    private final RequestRates rates;
    private final ProblemWriter problems;

    ApiSecurity(RequestRates rates, ProblemWriter problems) {
        this.rates = rates;
        this.problems = problems;
    }

    @Bean
    SecurityFilterChain doors(HttpSecurity http, Callers callers, TrustedHosts hosts) {
        http.sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                // SameOriginFilter lets no page of another origin change anything, whatever a browser sends by itself.
                .csrf(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .exceptionHandling(refusals -> refusals.authenticationEntryPoint(
                                (request, response, unknown) -> refuseUnknown(request, response))
                        .accessDeniedHandler((request, response, denied) -> refuseRole(request, response)));
        if (callers.areAsked()) {
            http.addFilterBefore(new CallerFilter(callers, rates, problems), AnonymousAuthenticationFilter.class)
                    .authorizeHttpRequests(ApiSecurity::roles);
        } else {
            http.addFilterBefore(new TrustedHostsFilter(hosts, problems), AnonymousAuthenticationFilter.class)
                    .authorizeHttpRequests(rules -> rules.anyRequest().permitAll());
        }
        return http.build();
    }

    private static void roles(
            AuthorizeHttpRequestsConfigurer<HttpSecurity>.AuthorizationManagerRequestMatcherRegistry rules) {
        // What was let in once is not asked again when the container dispatches it a second time.
        rules.dispatcherTypeMatchers(DispatcherType.ERROR, DispatcherType.ASYNC, DispatcherType.FORWARD)
                .permitAll()
                .requestMatchers(HttpMethod.GET, CONTRACT)
                .permitAll()
                .requestMatchers(HttpMethod.HEAD, CONTRACT)
                .permitAll()
                .requestMatchers(HttpMethod.GET, WATCHING)
                .permitAll()
                .requestMatchers(HttpMethod.HEAD, WATCHING)
                .permitAll()
                .requestMatchers(HttpMethod.GET, "/actuator/sbom", "/actuator/sbom/**", Api.BASE + "/audit")
                .hasRole(Role.ADMIN.name())
                .requestMatchers(HttpMethod.HEAD, "/actuator/sbom", "/actuator/sbom/**", Api.BASE + "/audit")
                .hasRole(Role.ADMIN.name())
                .requestMatchers("/actuator", "/actuator/**")
                .denyAll()
                .requestMatchers(HttpMethod.GET)
                .hasRole(Role.VIEWER.name())
                .requestMatchers(HttpMethod.HEAD)
                .hasRole(Role.VIEWER.name())
                .requestMatchers(HttpMethod.OPTIONS)
                .hasRole(Role.VIEWER.name())
                .requestMatchers(HttpMethod.POST, STEERING)
                .hasRole(Role.OPERATOR.name())
                .anyRequest()
                .hasRole(Role.ADMIN.name());
    }

    /** Methods that no resource knows are refused by the resources, which say so better. */
    @Bean
    HttpFirewall firewall() {
        StrictHttpFirewall firewall = new StrictHttpFirewall();
        firewall.setUnsafeAllowAnyHttpMethod(true);
        return firewall;
    }

    private void refuseUnknown(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Callers.Unknown unknown = Objects.requireNonNullElse(CallerFilter.unknown(request), NOBODY);
        if (unknown.challenge() != null) {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, unknown.challenge());
        }
        problems.write(
                request, response, new ApiException(ProblemCode.UNAUTHENTICATED, unknown.why(), unknown.correction()));
    }

    private void refuseRole(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String name = Objects.requireNonNullElse(request.getRemoteUser(), "the caller");
        request.setAttribute(AuditFilter.ACTOR, name);
        problems.write(
                request,
                response,
                new ApiException(
                        ProblemCode.FORBIDDEN,
                        "The role of " + name + " does not allow this.",
                        "Come with the role that this needs: viewer reads; operator fails, drains, restores, prefers"
                                + " and rotates; admin does the rest."));
    }
}
