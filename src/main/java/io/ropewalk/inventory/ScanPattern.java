package io.ropewalk.inventory;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/**
 * Which files are devices: an absolute path whose segments may have the wildcards {@code *}, {@code ?}, {@code [...]} and
 * <code>{...}</code>, each within its segment. Immutable; {@link #find} blocks.
 */
final class ScanPattern {
    private static final String WILD = "*?[{";

    private final String text;
    private final PathMatcher matcher;
    private final List<String> segments;

    private ScanPattern(String text, PathMatcher matcher, List<String> segments) {
        this.text = text;
        this.matcher = matcher;
        this.segments = segments;
    }

    /** @throws IllegalArgumentException when it is no such pattern; one sentence for people */
    static ScanPattern parse(String text) {
        if (!text.startsWith("/") || text.endsWith("/") || text.contains("**") || text.contains("/../")) {
            throw new IllegalArgumentException("The device pattern \"" + text
                    + "\" is not an absolute path with wildcards in its segments, as /dev/disk/by-id/*.");
        }
        try {
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + text);
            return new ScanPattern(text, matcher, List.of(text.substring(1).split("/+")));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "The device pattern \"" + text + "\" cannot be read: " + e.getDescription() + ".", e);
        }
    }

    boolean matches(Path path) {
        return matcher.matches(path);
    }

    /** What is there now and matches, but for folders; a folder that cannot be read has nothing. */
    List<Path> find() {
        List<Path> found = List.of(Path.of("/"));
        for (String segment : segments) {
            List<Path> next = new ArrayList<>();
            for (Path folder : found) {
                next.addAll(expand(folder, segment));
            }
            found = next;
        }
        return found.stream().filter(path -> !Files.isDirectory(path)).toList();
    }

    private static List<Path> expand(Path folder, String segment) {
        if (segment.chars().noneMatch(c -> WILD.indexOf(c) >= 0)) {
            Path path = folder.resolve(segment);
            return Files.exists(path) ? List.of(path) : List.of();
        }
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, segment)) {
            stream.forEach(entries::add);
        } catch (IOException | DirectoryIteratorException e) {
            return List.of();
        }
        return entries;
    }

    @Override
    public String toString() {
        return text;
    }
}
