package io.ropewalk.label;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** What {@link CompletableFuture} lacks. */
final class Futures {
    private Futures() {}

    /** Starts {@code work} on every item at once; ready with the answers, in order, when the last one is. */
    static <A, B> CompletableFuture<List<B>> all(List<A> items, Function<A, CompletableFuture<B>> work) {
        List<CompletableFuture<B>> started = items.stream().map(work).toList();
        return CompletableFuture.allOf(started.toArray(CompletableFuture[]::new))
                .thenApply(done -> started.stream().map(CompletableFuture::join).toList());
    }
}
