package io.ropewalk.api;

import io.ropewalk.inventory.Terms;
import io.swagger.v3.oas.annotations.Operation;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webmvc.autoconfigure.WebMvcRegistrations;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;
import org.springframework.web.servlet.mvc.method.annotation.ServletInvocableHandlerMethod;

/**
 * Lets every change be waited for as long as its caller prefers, and no longer. What a controller does is the same either
 * way: its arguments have been read and checked before, on the request's own thread.
 */
@Component
class PatientMvc implements WebMvcRegistrations {
    private final Operations operations;

    PatientMvc(Operations operations) {
        this.operations = operations;
    }

    @Override
    public RequestMappingHandlerAdapter getRequestMappingHandlerAdapter() {
        return new RequestMappingHandlerAdapter() {
            @Override
            protected ServletInvocableHandlerMethod createInvocableHandlerMethod(HandlerMethod method) {
                return new PatientMethod(method, operations);
            }
        };
    }

    private static final class PatientMethod extends ServletInvocableHandlerMethod {
        private final Operations operations;

        PatientMethod(HandlerMethod method, Operations operations) {
            super(method);
            this.operations = operations;
        }

        @Override
        protected @Nullable Object doInvoke(@Nullable Object... arguments) throws Exception {
            Terms terms = terms(arguments);
            ServletRequestAttributes exchange = (ServletRequestAttributes) RequestContextHolder.getRequestAttributes();
            if (terms == null || exchange == null) {
                return super.doInvoke(arguments);
            }
            Duration wait =
                    Preference.wait(Collections.list(exchange.getRequest().getHeaders(Preference.PREFER)));
            if (wait == null) {
                return super.doInvoke(arguments);
            }
            Objects.requireNonNull(exchange.getResponse()).setHeader(Preference.APPLIED, Preference.applied(wait));
            Operations.Asked asked =
                    new Operations.Asked(name(), exchange.getRequest().getRequestURI(), terms, status());
            return operations.run(asked, wait, () -> super.doInvoke(arguments));
        }

        private static @Nullable Terms terms(@Nullable Object... arguments) {
            return Arrays.stream(arguments)
                    .filter(Terms.class::isInstance)
                    .map(Terms.class::cast)
                    .findFirst()
                    .orElse(null);
        }

        private String name() {
            Operation operation = getMethodAnnotation(Operation.class);
            return operation == null ? getMethod().getName() : operation.operationId();
        }

        private HttpStatus status() {
            ResponseStatus status = getMethodAnnotation(ResponseStatus.class);
            return status == null ? HttpStatus.OK : status.value();
        }
    }
}
