/** What was published about Memory3, and whether its own numbers bear it. */
package dev.engram.explicit.published;
