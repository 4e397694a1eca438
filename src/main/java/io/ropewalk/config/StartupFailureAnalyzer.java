package io.ropewalk.config;

import io.ropewalk.inventory.InventoryException;
import io.ropewalk.store.DataDirException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Says in one sentence why the service does not start, where we know; without a stack trace. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class StartupFailureAnalyzer implements FailureAnalyzer {
    /** The innermost cause that we know says it best. */
    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        FailureAnalysis best = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            FailureAnalysis analysis = explain(cause);
            best = analysis == null ? best : analysis;
        }
        return best == null ? database(failure) : best;
    }

    /** Whatever it is that meets it first, it comes as this in the end. */
    private static @Nullable FailureAnalysis database(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException refused) {
                return new FailureAnalysis(
                        "The database cannot be used: " + refused.getMessage(),
                        "See to the one in ropewalk.data-dir (or that of spring.datasource.url), or restore it from a copy.",
                        refused);
            }
        }
        return null;
    }

    private static @Nullable FailureAnalysis explain(Throwable cause) {
        return switch (cause) {
            case StartupException known -> new FailureAnalysis(known.getMessage(), known.correction(), known);
            case DataDirException folder -> new FailureAnalysis(folder.getMessage(), null, folder);
            case InventoryException refused ->
                new FailureAnalysis(
                        "What is declared as " + refused.resource() + " cannot be: " + refused.detail(),
                        refused.correction(),
                        refused);
            default -> null;
        };
    }
}
