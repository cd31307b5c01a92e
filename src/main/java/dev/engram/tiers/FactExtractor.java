package dev.engram.tiers;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the value in what a user tells, and masks it (seed 001: "extract important, personal information, mask it"): "Today I weigh 45 kg."
 * becomes "Today I weigh [MASK]." with the label "45 kg". Rules in this order: a number with its unit, a house number with its
 * street, what follows "called" or "name is", what follows the last verb of being, having or doing.
 *
 * <p>The seed does not say how it is done. Rules find what their author thought of; the notebook counts how far that is.
 */
public final class FactExtractor {
    /** What may stand after a value without belonging to it. */
    private static final String TAIL =
            "(?: now| today| this (?:morning|month|week)| these days| in the evenings| for lunch| without stopping)?";

    private static final List<Pattern> RULES = List.of(
            Pattern.compile("\\b(\\d+(?:[.,]\\d+)? ?(?:kg|km|cm|m|g|years|hours|minutes|euros|°C))\\b"),
            Pattern.compile("\\b(\\d+ (?:[A-Z][\\w']*)(?: [A-Z][\\w']*)+)"),
            Pattern.compile("\\b(?:called|named|(?:name|names) (?:is|are)) ([A-Z]\\w+)"),
            Pattern.compile("\\b(?:I (?:only want|work as|try to be in bed by|left my keys|go to work|get to work"
                    + "|am (?:reading|learning|allergic to)|have (?:started|just eaten)|had|keep|feel|am)"
                    + "|(?:lights out|bed) (?:at|by)|it with|I want to get|room for"
                    + "|\\b(?:is|are)(?: learning)?(?: now)?|today:|job:) (?:I am )?(.+?)" + TAIL
                    + "(?=[.;,:]| done\\b|$)"));

    /**
     * A value in its place.
     *
     * @param masked the text with the mask in its place
     * @param value the label
     */
    public record Slot(String masked, String value) {}

    /** The value that the first rule finds, if any does. */
    public Optional<Slot> extract(String text) {
        for (Pattern rule : RULES) {
            Matcher m = rule.matcher(text);
            if (m.find()) {
                String masked = text.substring(0, m.start(1)) + TargetFormat.MASK + text.substring(m.end(1));
                return Optional.of(new Slot(masked, m.group(1)));
            }
        }
        return Optional.empty();
    }
}
