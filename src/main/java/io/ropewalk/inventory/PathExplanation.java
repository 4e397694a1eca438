package io.ropewalk.inventory;

import java.util.List;

/**
 * Why a path is as it is.
 *
 * @param why it serves what it serves now, one sentence or two
 * @param decisions the latest that were made about it, the oldest first; at most {@link PathHistory#MOST_DECISIONS}
 */
public record PathExplanation(PathView path, String why, List<PathDecision> decisions) {
    public PathExplanation {
        decisions = List.copyOf(decisions);
    }
}
