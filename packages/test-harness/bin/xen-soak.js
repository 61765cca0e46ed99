#!/usr/bin/env node
import '../dist/soak.js';
