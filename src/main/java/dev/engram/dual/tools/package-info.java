/** What one does with a memory and how one looks into it: the operations and utilities that seed 004 names. */
package dev.engram.dual.tools;
