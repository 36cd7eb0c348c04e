@echo off
chcp 65001 >nul
setlocal
set "PYTHON="
for %%V in (3.14 3.13 3.12 3.11) do (
  if not defined PYTHON py -%%V -c "" >nul 2>nul && set "PYTHON=py -%%V"
)
if not defined PYTHON py -3 -c "" >nul 2>nul && set "PYTHON=py -3"
if not defined PYTHON python -c "" >nul 2>nul && set "PYTHON=python"
if not defined PYTHON (
  echo De werkbank heeft Python 3.11 of nieuwer nodig. Installeer het van python.org en dubbelklik daarna opnieuw op Start.cmd.
  pause
  exit /b 1
)
if "%~1"=="" (
  %PYTHON% "%~dp0start.py" lab
  pause
) else (
  %PYTHON% "%~dp0start.py" %*
)
