package dev.engram.cli.pages;

import dev.engram.model.BadInputException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of Markdown with made parts. A made part stands between {@code <!-- made: NAME -->} and {@code <!-- end -->}, which
 * a reader does not see; everything else is written by hand and stays as it is.
 */
final class MarkedPage {
    private static final Pattern MARK = Pattern.compile("<!-- (?:made: ([a-z0-9-]+)|end) -->\\n?");

    private MarkedPage() {}

    /**
     * The page with its made parts renewed.
     *
     * @param file names the page in messages
     * @param parts from a part's name to its text; refuses names that it does not know
     */
    static String renewed(Path file, String page, UnaryOperator<String> parts) {
        StringBuilder made = new StringBuilder();
        Matcher mark = MARK.matcher(page);
        String open = null;
        int from = 0;
        while (mark.find()) {
            String name = mark.group(1);
            if ((name == null) == (open == null)) {
                throw new BadInputException(
                        file + " has the mark '" + mark.group().strip() + "' "
                                + (open == null ? "without a beginning" : "inside the part '" + open + "'")
                                + "; every <!-- made: NAME --> needs one <!-- end --> after it.");
            }
            if (name == null) {
                String text = parts.apply(open);
                made.append(text).append(text.endsWith("\n") ? "" : "\n").append(mark.group());
            } else {
                made.append(page, from, mark.start()).append(mark.group());
            }
            open = name;
            from = mark.end();
        }
        if (open != null) {
            throw new BadInputException(
                    file + " does not end the part '" + open + "'; write <!-- end --> where it ends.");
        }
        return made.append(page.substring(from)).toString();
    }
}
