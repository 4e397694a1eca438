package io.ropewalk.api;

/** Sentences of the contract that stand in several places. */
final class Docs {
    static final String NEXT_PAGE = "Give it as pageToken to get what follows; null when nothing does.";
    static final String PAGE_SIZE = "How many items at most, 1 to 1000.";
    static final String PAGE_TOKEN = "The nextPageToken of the page before; leave out for the first page.";
    static final String NAME =
            "1 to 63 of A-Z a-z 0-9 . _ -, beginning with a letter or digit; 1 to 15 for a labelled geom.";

    private Docs() {}
}
