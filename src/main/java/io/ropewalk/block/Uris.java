package io.ropewalk.block;

import java.util.regex.Pattern;

/** URIs as they may be shown. Pure. */
public final class Uris {
    private static final Pattern USER = Pattern.compile("//[^/?#]*@");
    private static final Pattern SECRET =
            Pattern.compile("(?i)([?&][^=&#]*(?:password|passwd|secret|token|key)[^=&#]*=)[^&#]*");

    private Uris() {}

    /** Without what may be a secret: the user before an {@code @}, and parameters named like one. */
    public static String shown(Object uri) {
        String text = String.valueOf(uri);
        return SECRET.matcher(USER.matcher(text).replaceAll("//…@")).replaceAll("$1…");
    }
}
