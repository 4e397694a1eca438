package io.ropewalk.api;

import io.ropewalk.inventory.Terms;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.MethodParameter;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.http.HttpHeaders;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Refuses query parameters that the operation does not know: {@code ?dryrun=true} must not be taken for a change in
 * earnest. And keeps answers out of every cache, since they tell how things are now.
 */
final class KnownParameters implements HandlerInterceptor {
    private static final ParameterNameDiscoverer NAMES = new DefaultParameterNameDiscoverer();

    private final Map<HandlerMethod, Set<String>> known = new ConcurrentHashMap<>();

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        if (handler instanceof HandlerMethod method) {
            Set<String> names = known.computeIfAbsent(method, KnownParameters::parametersOf);
            for (String name : request.getParameterMap().keySet()) {
                if (!names.contains(name)) {
                    throw unknown(name, names);
                }
            }
        }
        return true;
    }

    private static ApiException unknown(String name, Set<String> names) {
        String known = names.isEmpty() ? "there are none here" : "known are " + String.join(", ", names);
        return ApiException.parameter(name, "is unknown; " + known);
    }

    private static Set<String> parametersOf(HandlerMethod method) {
        Set<String> names = new TreeSet<>();
        for (MethodParameter parameter : method.getMethodParameters()) {
            if (parameter.getParameterType() == Terms.class) {
                names.add(TermsResolver.DRY_RUN);
            }
            RequestParam annotation = parameter.getParameterAnnotation(RequestParam.class);
            if (annotation != null) {
                parameter.initParameterNameDiscovery(NAMES);
                names.add(String.valueOf(parameter.getParameterName()));
            }
        }
        return names;
    }
}
