package io.ropewalk.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.origin.Origin;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;

/** Says in one sentence which property of ours has a value that cannot be; Spring's own words name Java classes. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class PropertyFailureAnalyzer extends AbstractFailureAnalyzer<BindException> {
    private static final String ACTION = "Correct it; README.md lists what can be configured.";

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException bind) {
        if (!bind.getName().toString().startsWith("ropewalk")) {
            return null;
        }
        return new FailureAnalysis(sentence(rootFailure, bind), ACTION, bind);
    }

    private String sentence(Throwable rootFailure, BindException bind) {
        UnboundConfigurationPropertiesException unknown =
                findCause(rootFailure, UnboundConfigurationPropertiesException.class);
        if (unknown != null) {
            return unknown.getUnboundProperties().stream()
                    .map(property -> "There is no property " + property.getName() + origin(property) + ".")
                    .sorted()
                    .collect(Collectors.joining(" "));
        }
        BindValidationException invalid = findCause(rootFailure, BindValidationException.class);
        if (invalid != null) {
            return invalid.getValidationErrors().getAllErrors().stream()
                    .map(error -> name(invalid, error) + " " + error.getDefaultMessage() + ".")
                    .sorted()
                    .collect(Collectors.joining(" "));
        }
        ConfigurationProperty property = bind.getProperty();
        ConversionFailedException conversion = findCause(rootFailure, ConversionFailedException.class);
        if (property != null && conversion != null) {
            return bind.getName() + " cannot be '" + property.getValue() + "'" + origin(property)
                    + expected(conversion.getTargetType().getType()) + ".";
        }
        return bind.getName() + " cannot be: " + rootMessage(rootFailure).replaceFirst("\\.$", "") + ".";
    }

    private static String name(BindValidationException invalid, ObjectError error) {
        String prefix = invalid.getValidationErrors().getName().toString();
        return error instanceof FieldError field ? prefix + "." + kebab(field.getField()) : prefix;
    }

    private static String kebab(String name) {
        return name.replaceAll("([a-z])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }

    private static String origin(ConfigurationProperty property) {
        Origin origin = property.getOrigin();
        return origin == null ? "" : " (" + origin + ")";
    }

    private static String expected(Class<?> type) {
        if (type.isEnum()) {
            return "; it is one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(constant ->
                                    constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
                            .collect(Collectors.joining(", "));
        }
        return type.isPrimitive() || Number.class.isAssignableFrom(type) ? "; it is a number" : "";
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
