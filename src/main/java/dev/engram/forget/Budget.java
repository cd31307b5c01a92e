package dev.engram.forget;

import dev.engram.model.BadInputException;
import dev.engram.model.KvCache;
import java.util.Locale;

/**
 * How much of the text the cache may keep.
 *
 * @param unit what the amount counts
 * @param amount slots of a layer, bytes of all layers, or a share of the tokens seen so far in (0, 1]
 */
public record Budget(Unit unit, double amount) {
    /** What a budget counts. */
    public enum Unit {
        TOKENS,
        BYTES,
        SHARE,
        UNLIMITED
    }

    public Budget {
        boolean wrong = switch (unit) {
            case TOKENS -> !(amount >= 1);
            case BYTES -> !(amount > 0);
            case SHARE -> !(amount > 0 && amount <= 1);
            case UNLIMITED -> false;
        };
        if (wrong) {
            throw new BadInputException(
                    "A budget of " + amount + " " + unit.name().toLowerCase(Locale.ROOT)
                            + " is no part of a text; give at least 1 token, or a share above 0 and at most 1 (100%).");
        }
    }

    public static Budget tokens(int slots) {
        return new Budget(Unit.TOKENS, slots);
    }

    public static Budget bytes(long bytes) {
        return new Budget(Unit.BYTES, bytes);
    }

    /** A share of the tokens seen, kept: 0.25 keeps a quarter. */
    public static Budget share(double kept) {
        return new Budget(Unit.SHARE, kept);
    }

    public static Budget unlimited() {
        return new Budget(Unit.UNLIMITED, 0);
    }

    /**
     * Reads a budget as a user writes it: {@code 256} or {@code 256tokens}, {@code 25%}, {@code 0.25}, {@code 8MB}, {@code
     * full}.
     */
    public static Budget parse(String text) {
        String t = text.strip().toLowerCase(Locale.ROOT);
        try {
            if (t.equals("full") || t.equals("unlimited")) {
                return unlimited();
            }
            if (t.endsWith("%")) {
                return share(Double.parseDouble(t.substring(0, t.length() - 1)) / 100);
            }
            if (t.endsWith("mb")) {
                return bytes((long) (Double.parseDouble(t.substring(0, t.length() - 2)) * 1e6));
            }
            if (t.contains(".")) {
                return share(Double.parseDouble(t));
            }
            return tokens(Integer.parseInt(t.replaceFirst("\\s*tokens?$", "")));
        } catch (NumberFormatException e) {
            throw new BadInputException(
                    "'" + text + "' is no budget; write tokens (256), a share (25% or 0.25), bytes (8MB) or full.");
        }
    }

    /** Slots that an average layer may keep now. */
    public int slots(KvCache cache) {
        return switch (unit) {
            case TOKENS -> (int) amount;
            case BYTES -> (int) Math.max(1, amount / (cache.layers() * cache.bytesPerSlot()));
            case SHARE -> (int) Math.max(1, amount * cache.tokensSeen());
            case UNLIMITED -> Integer.MAX_VALUE;
        };
    }

    @Override
    public String toString() {
        return switch (unit) {
            case TOKENS -> (int) amount + " tokens";
            case BYTES -> String.format(Locale.ROOT, "%.1f MB", amount / 1e6);
            case SHARE -> String.format(Locale.ROOT, "%.1f%%", 100 * amount);
            case UNLIMITED -> "full";
        };
    }
}
