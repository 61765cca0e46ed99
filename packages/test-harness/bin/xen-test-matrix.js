#!/usr/bin/env node
import '../dist/matrix.js';
